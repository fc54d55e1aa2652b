//! The checked configuration as Rust source.

use databake::{Bake as _, CrateEnv};

use ostiary_core::configuration::{Forms, Gateway, Instruments};

/// A constant expression of type [`Gateway`].
///
/// It uses `ostiary_core` and `alloc`, so the crate that includes it needs `extern crate alloc;`.
#[must_use]
pub fn bake(gateway: &Gateway) -> String {
    gateway.bake(&CrateEnv::default()).to_string()
}

/// A constant expression of type [`Forms`]: the forms of auth that the configuration uses.
#[must_use]
pub fn bake_forms(gateway: &Gateway) -> String {
    format!("ostiary_core::configuration::{:?}", Forms::used_by(gateway))
}

/// A constant expression of type [`Instruments`]: the instruments that the configuration asks for.
#[must_use]
pub fn bake_instruments(gateway: &Gateway) -> String {
    format!("ostiary_core::configuration::{:?}", Instruments::used_by(gateway))
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, outcome};
    use super::*;

    #[test]
    fn writes_one_expression_and_always_the_same() {
        let gateway = outcome(GATEWAY, WRANGLER).unwrap().gateway;
        let expression = bake(&gateway);
        assert_eq!(expression, bake(&gateway.clone()));
        let forms = syn::parse_str::<syn::ExprStruct>(&bake_forms(&gateway)).unwrap();
        assert_eq!(forms.path.segments.last().unwrap().ident, "Forms");
        let instruments = syn::parse_str::<syn::ExprStruct>(&bake_instruments(&gateway)).unwrap();
        assert_eq!(instruments.path.segments.last().unwrap().ident, "Instruments");
        let parsed = syn::parse_str::<syn::Expr>(&expression).unwrap();
        let syn::Expr::Struct(parsed) = parsed else { panic!("{expression}") };
        let path: Vec<_> = parsed.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        assert_eq!(path, ["ostiary_core", "configuration", "Gateway"]);
    }
}
