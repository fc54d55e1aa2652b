//! The words of the API's error messages, from reports of its users, and other common words. Any other word may be a
//! value in some form, such as Base64.

/// Whether this is one of the words, in upper or lower case.
pub(crate) fn is_known(word: &str) -> bool {
    WORDS.split(' ').any(|known| known.eq_ignore_ascii_case(word))
}

/// Reasons that are shown unchanged for every request, because they are constants of the API. Some are followed by a
/// colon and the name of the secret.
pub(crate) fn is_reason(word: &str) -> bool {
    REASONS.contains(&word)
}

const REASONS: [&str; 19] = [
    "Authentication error",
    "Invalid API Token",
    "Name exists",
    "internal_error",
    "invalid_json_body",
    "maximum_secrets_exceeded",
    "maximum_stores_exceeded",
    "rate_limited",
    "secret_comment_invalid",
    "secret_name_already_exists",
    "secret_name_empty",
    "secret_name_invalid",
    "secret_not_found",
    "secret_scope_invalid",
    "secret_scopes_empty",
    "secret_value_empty",
    "secret_value_too_long",
    "store_not_empty",
    "store_not_found",
];

const WORDS: &str = "\
    a access account accounts action active actually again allowed already an and another any api are \
    argument as at auth authentication authorization authorized available bad bearer because been before \
    being beta body bucket but bytes call cannot character characters client cloudflare code comment \
    conflict connection consider contain contains content could count create created credential credentials \
    delete deleted denied developers different does duplicate edit email empty enough entitled error errors \
    exceed exceeded exceeds exist existing exists expected expired failed failure feature few field fields \
    for forbidden format found from gateway got has have header headers https id identifier identifiers if \
    in incorrect insufficient internal invalid is it its json key large later length less limit limited \
    limits list long longer malformed many maximum may maybe message method minimum missing more most must \
    name named names no not object of on one only operation or over page parameter parse path payload \
    pending per perhaps permission permissions permitted plan please policy privileges property provided \
    query quota rate rated reached read received redacted refused request requested requests required \
    resource retry role roles route scope scopes seconds secret secrets see server service set short should \
    size slow some something speed status store stores string such support supported temporarily than that \
    the there this throttling time timeout to token tokens too try type unable unauthorized unavailable \
    unexpected unique unknown unsupported update upgrade url use used user using valid validation value \
    values version wait was while with without worker workers write wrong you your";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_either_case() {
        assert!(["Authentication", "exists", "a", "your", "API"].into_iter().all(is_known));
        assert!(!["sk", "", "exist s", " "].into_iter().any(is_known));
    }
}
