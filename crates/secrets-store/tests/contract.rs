//! Compares every request and response with the documented shape in the fixtures.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

use http::{Response, StatusCode};
use ostiary_secrets_store::{
    Account, AccountId, BaseUrl, Call, Changes, Credential, Direction, Duplicate, Error, NewSecret, Scope,
    SecretFilter, SecretId, SecretName, SecretOrder, SecretValue, SentValues, Status, StoreId, StoreOrder,
};
use serde_json::{Value, json};

const BASE: &str =
    "https://api.cloudflare.com/client/v4/accounts/985e105f4ecef8ad9ca31a8372d0c353/secrets_store";

#[test]
fn every_request_is_as_documented() {
    let requests: Value = serde_json::from_str(include_str!("fixtures/requests.json")).unwrap();
    let (account, store, secret) = (account(), store(), secret());
    let by_creation = Some((StoreOrder::Created, Direction::Descending));
    let filter = SecretFilter {
        search: Some("a &b=é".to_owned()),
        scopes: vec![Scope::Workers, Scope::AiGateway],
        order: Some((SecretOrder::Modified, Direction::Ascending)),
    };
    let mut whole = new_secret("MY_API_KEY", "canary \"\\\n\u{1}");
    whole.scopes.push(Scope::AiGateway);
    whole.comment = Some("of service x".to_owned());
    let several = [new_secret("one", "canary-1"), new_secret("two", "canary-2")];
    let value =
        Changes { value: Some(SecretValue::parse("canary-3".to_owned()).unwrap()), ..Changes::default() };
    let rest = Changes { value: None, scopes: Some(vec![Scope::Websearch]), comment: Some(String::new()) };
    let copy =
        Duplicate { name: SecretName::parse("copy").unwrap(), scopes: vec![Scope::Workers], comment: None };
    let ids = [secret.clone(), SecretId::parse("a/b").unwrap()];
    let odd = (StoreId::parse("a/b?").unwrap(), SecretId::parse("%..#").unwrap());

    let made = [
        ("quota", sent(&account.quota())),
        ("list_stores", sent(&account.stores(None).first())),
        ("list_stores_ordered", sent(&account.stores(by_creation).first())),
        ("create_store", sent(&account.create_store("service_x_keys"))),
        ("get_store", sent(&account.store(&store))),
        ("delete_store", sent(&account.delete_store(&store, false))),
        ("delete_store_forced", sent(&account.delete_store(&store, true))),
        ("list_secrets", sent(&account.secrets(&store, &SecretFilter::default()).first())),
        ("list_secrets_filtered", sent(&account.secrets(&store, &filter).first())),
        ("create_secret", sent(&account.create_secret(&store, &whole))),
        ("create_secrets", sent(&account.create_secrets(&store, &several))),
        ("get_secret", sent(&account.secret(&store, &secret))),
        ("update_value", sent(&account.update_secret(&store, &secret, &value))),
        ("update_rest", sent(&account.update_secret(&store, &secret, &rest))),
        ("delete_secret", sent(&account.delete_secret(&store, &secret))),
        ("delete_secrets", sent(&account.delete_secrets(&store, &ids))),
        ("duplicate_secret", sent(&account.duplicate_secret(&store, &secret, &copy))),
        ("odd_identifiers", sent(&account.secret(&odd.0, &odd.1))),
    ];
    assert_eq!(requests.as_object().unwrap().len(), made.len());
    for (name, request) in made {
        assert_eq!(request, requests[name], "{name}");
    }
}

#[test]
fn every_response_is_read_as_documented() {
    let (account, store, secret) = (account(), store(), secret());

    let quota = account.quota().read(&response(200, "quota")).unwrap();
    assert_eq!((quota.secrets.usage, quota.secrets.quota), (10, 100));

    let read = account.store(&store).read(&response(200, "store")).unwrap();
    assert_eq!((read.id, read.name.as_str()), (store.clone(), "service_x_keys"));

    let read = account.secret(&store, &secret).read(&response(200, "secret")).unwrap();
    assert_eq!((read.id, read.status), (secret.clone(), Status::Pending));
    assert_eq!(read.scopes, [Scope::Workers, Scope::Other("of_tomorrow".to_owned())]);
    assert_eq!(read.comment.as_deref(), Some("info about my secret"));

    let created = new_secret("MY_API_KEY", "canary");
    let read = account.create_secret(&store, &created).read(&response(200, "secrets")).unwrap();
    assert_eq!((read.name.as_str(), read.comment), ("MY_API_KEY", None));
    assert_eq!(account.create_secrets(&store, &[created]).read(&response(200, "secrets")).unwrap().len(), 1);

    // A deletion returns 202, or 200 for a store.
    assert_eq!(account.delete_secret(&store, &secret).read(&response(202, "done")), Ok(()));
    assert_eq!(account.delete_secrets(&store, &[secret]).read(&response(202, "done")), Ok(()));
    assert_eq!(account.delete_store(&store, false).read(&response(200, "done")), Ok(()));
}

#[test]
fn a_list_asks_for_pages_until_the_last_or_an_empty_one() {
    let list = account().secrets(&store(), &SecretFilter::default());
    let first = list.first().read(&response(200, "secrets")).unwrap();
    let second = list.after(&first).unwrap().unwrap();
    assert!(second.request().uri().query().unwrap().ends_with("&page=2"));
    let ending = second.read(&response(200, "secrets")).unwrap();
    assert!(list.after(&ending).unwrap().is_none(), "page 2 of 2");
    let empty = list.first().read(&response(200, "no_secrets")).unwrap();
    assert!(list.after(&empty).unwrap().is_none(), "an empty page, whatever the total");
}

#[test]
fn a_list_that_is_not_there_is_no_empty_one() {
    let list = account().secrets(&store(), &SecretFilter::default());
    for body in [
        json!({ "success": true }),
        json!({ "success": true, "errors": [], "messages": [], "result": null }),
        json!({ "success": true, "errors": [], "result": null, "result_info": { "total_count": 3 } }),
        json!({ "success": true, "errors": [], "result": null, "result_info": { "total_pages": 0 } }),
    ] {
        let response = Response::builder().status(200).body(body.to_string().into_bytes()).unwrap();
        let read = list.first().read(&response);
        assert!(matches!(read, Err(Error::Unreadable { .. })), "{body}: {read:?}");
    }
    let none = json!({ "success": true, "errors": [], "result": null, "result_info": { "total_count": 0 } });
    let response = Response::builder().status(200).body(none.to_string().into_bytes()).unwrap();
    let page = list.first().read(&response).unwrap();
    assert!(page.items.is_empty() && list.after(&page).unwrap().is_none());
}

#[test]
fn without_a_total_a_full_page_is_followed_by_another_one() {
    let list = account().secrets(&store(), &SecretFilter::default());
    for (count, information, more) in [
        (100, json!(null), true),
        (99, json!(null), false),
        (100, json!({ "page": 1 }), true),
        (20, json!({ "per_page": 20 }), true),
        (19, json!({ "per_page": 20 }), false),
        (0, json!({ "per_page": 0 }), false),
        (100, json!({ "total_pages": 1 }), false),
        (1, json!({ "total_pages": 2 }), true),
    ] {
        let page = list.first().read(&page_of(count, &information)).unwrap();
        assert_eq!(list.after(&page).unwrap().is_some(), more, "{count} {information}");
    }
}

#[test]
fn a_list_without_an_end_is_an_error() {
    let list = account().secrets(&store(), &SecretFilter::default());
    let endless = page_of(1, &json!({ "total_pages": u32::MAX }));
    let mut call = list.first();
    for _ in 1..100 {
        call = list.after(&call.read(&endless).unwrap()).unwrap().unwrap();
    }
    let error = list.after(&call.read(&endless).unwrap()).unwrap_err();
    assert_eq!(error, Error::Endless { pages: 100 });
}

#[test]
fn a_reason_that_quotes_what_the_request_carried_is_masked() {
    let value = "canary \"0123456789\"";
    let quoting = json!({ "success": false, "errors": [{
        "code": 1001,
        "message": format!("invalid value {value} of canary-token in {}", json!({ "value": value })),
        "documentation_url": format!("https://example.com/?value={value}"),
        "source": { "pointer": format!("/{value}") },
    }] });
    let quoting = Response::builder().status(400).body(quoting.to_string().into_bytes()).unwrap();
    let secret = new_secret("name", value);
    let changes =
        Changes { value: Some(SecretValue::parse(value.to_owned()).unwrap()), ..Changes::default() };
    for error in [
        account().create_secret(&store(), &secret).read(&quoting).unwrap_err(),
        account().create_secrets(&store(), std::slice::from_ref(&secret)).read(&quoting).unwrap_err(),
        account().update_secret(&store(), &crate::secret(), &changes).read(&quoting).unwrap_err(),
    ] {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("0123456789"), "{shown}");
        assert!(shown.contains("invalid value [redacted] of [redacted] in {\"value\":"), "{shown}");
    }
}

#[test]
fn a_reason_that_quotes_a_value_in_another_form_shows_none_of_it() {
    let value = "Canary-0123/+ab";
    let forms = [
        "Q2FuYXJ5LTAxMjMvK2Fi",
        "Q2FuYXJ5LTAxMjMvK2Fi==",
        "Canary-0123%2F%2Bab",
        "Canary-0123\\/+ab",
        "\\u0043anary-0123",
        "43616e6172792d303132332f2b6162",
        "43616E6172792D303132332F2B6162",
        "ba+/3210-yranaC",
        "CANARY-0123/+AB",
        "Cana",
        "0123",
        "nary-0",
    ];
    for form in forms {
        let message = format!("invalid value {form} of stripe-key, got \"{form}\": secret_value_invalid");
        let pointer = format!("/0/value/{form}");
        let quoting = json!({ "success": false, "errors": [{
            "code": 1001, "message": message, "documentation_url": format!("https://a.example/{form}"),
            "source": { "pointer": pointer },
        }] });
        let quoting = Response::builder().status(400).body(quoting.to_string().into_bytes()).unwrap();
        let secret = new_secret("stripe-key", value);
        let error = account().create_secret(&store(), &secret).read(&quoting).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(form), "{form}: {shown}");
        assert!(
            error
                .to_string()
                .contains("invalid value [redacted] of stripe-key, got [redacted] secret_value_invalid"),
            "{shown}"
        );
    }
}

#[test]
fn a_reason_that_quotes_a_value_of_an_earlier_request_shows_none_of_it() {
    let changes = Changes {
        value: Some(SecretValue::parse("Canary-0123/+ab".to_owned()).unwrap()),
        ..Changes::default()
    };
    let mut sent = SentValues::default();
    let look = account().secret(&store(), &crate::secret());
    for form in ["Canary-0123/+ab", "Q2FuYXJ5LTAx", "0123", "CANARY"] {
        let message = format!("bad value {form} of it: somebody");
        let quoting = json!({ "success": false, "errors": [{ "code": 1001, "message": message }] });
        let quoting = Response::builder().status(400).body(quoting.to_string().into_bytes()).unwrap();
        assert!(look.read(&quoting).unwrap_err().to_string().contains("somebody"), "no value was sent yet");
        sent.remember(&account().update_secret(&store(), &crate::secret(), &changes));
        let error = look.read_after(&quoting, &sent).unwrap_err();
        let shown = format!("{error} {error:?} {sent:?}");
        assert!(!shown.contains(form), "{form}: {shown}");
        assert!(error.to_string().contains("bad value [redacted] of it"), "{shown}");
    }
}

#[test]
fn the_usual_reasons_are_shown_as_they_are_whatever_the_value_is() {
    for (status, message) in [
        (400, "secret_name_already_exists: stripe-key"),
        (400, "maximum_secrets_exceeded"),
        (400, "secret_value_too_long"),
        (400, "secret_scope_invalid"),
        (400, "invalid_json_body"),
        (404, "store_not_found"),
        (403, "Authentication error"),
        (400, "Invalid API Token"),
        (400, "Invalid request headers"),
        (400, "Invalid format for Authorization header"),
        (
            404,
            "Could not route to /accounts/985e105f4ecef8ad9ca31a8372d0c353/secrets_store, perhaps your object identifier is invalid?",
        ),
        (
            429,
            "More than [redacted] requests per [redacted] seconds reached. Please wait and consider throttling your request speed",
        ),
        (500, "internal_error"),
    ] {
        let body = json!({ "success": false, "errors": [{ "code": 1003, "message": message }] });
        let refused = Response::builder().status(status).body(body.to_string().into_bytes()).unwrap();
        for value in ["sk_live_0123456789", "canary"] {
            let secret = new_secret("stripe-key", value);
            let error = account().create_secret(&store(), &secret).read(&refused).unwrap_err();
            assert_eq!(error.faults()[0].message, message);
        }
    }
    // A value that is a word of the message does not change the error's kind.
    let body = json!({ "success": false, "errors": [{ "code": 1003, "message": "secret_name_already_exists: exists" }] });
    let refused = Response::builder().status(400).body(body.to_string().into_bytes()).unwrap();
    let secret = new_secret("exists", "secret");
    assert!(account().create_secret(&store(), &secret).read(&refused).unwrap_err().is_name_taken());
}

#[test]
fn a_reason_to_a_request_without_a_value_hides_only_what_could_be_the_credential() {
    for (message, expected) in [
        ("the zone is frozen until Tuesday", "the zone is frozen until Tuesday"),
        (
            "no such thing: stores/023e105f4ecef8ad9ca31a8372d0c353",
            "no such thing: stores/023e105f4ecef8ad9ca31a8372d0c353",
        ),
        ("bad canary-token", "bad [redacted]"),
        ("bad Y2FuYXJ5LXRva2Vu", "bad [redacted]"),
        ("bad 63616e6172792d746f6b656e\u{1b}", "bad [redacted]"),
    ] {
        let body = json!({ "success": false, "errors": [{ "code": 1000, "message": message }] });
        let refused = Response::builder().status(400).body(body.to_string().into_bytes()).unwrap();
        let error = account().secret(&store(), &crate::secret()).read(&refused).unwrap_err();
        assert_eq!(error.faults()[0].message, expected);
    }
}

#[test]
fn a_refusal_is_an_error_with_its_faults() {
    for status in [200, 400] {
        let error = account().quota().read(&response(status, "failure")).unwrap_err();
        let [fault] = error.faults() else { panic!("{error:?}") };
        assert_eq!((fault.code, fault.message.as_str()), (1001, "secret_scope_invalid"));
        let pointer = fault.source.as_ref().and_then(|source| source.pointer.as_deref());
        assert_eq!(pointer, Some("/0/scopes/1"));
    }
}

#[test]
fn what_is_no_envelope_is_an_error_that_does_not_quote_it() {
    for (status, body) in [
        (502, "<html>canary</html>"),
        (200, r#"{"success":"canary"}"#),
        (200, ""),
        (200, r#"{"success":true}"#),
    ] {
        let response = Response::builder().status(status).body(body).unwrap();
        let error = account().quota().read(&response).unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{body}: {error:?}");
        assert_eq!(error.status(), StatusCode::from_u16(status).unwrap());
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[test]
fn case_45_no_debug_form_shows_a_value_or_the_credential() {
    let secret = new_secret("name", "canary-value");
    let call = account().create_secret(&store(), &secret);
    let shown = format!("{secret:?} {call:?} {:?} {:?}", call.request(), account());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(String::from_utf8_lossy(call.request().body().as_ref()).contains("canary-value"));
    assert_eq!(call.request().headers()["authorization"], "Bearer canary-token");
}

/// A request in the form of the fixtures.
fn sent<T>(call: &Call<T>) -> Value {
    let request = call.request();
    let body = request.body().as_ref();
    assert_eq!(request.headers().contains_key("content-type"), !body.is_empty());
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
    let url = request.uri().to_string();
    serde_json::json!([request.method().as_str(), url.strip_prefix(BASE).unwrap(), body])
}

fn response(status: u16, name: &str) -> Response<Vec<u8>> {
    let responses: Value = serde_json::from_str(include_str!("fixtures/responses.json")).unwrap();
    Response::builder().status(status).body(responses.get(name).unwrap().to_string().into_bytes()).unwrap()
}

/// A page of a list with `count` secrets.
fn page_of(count: usize, information: &Value) -> Response<Vec<u8>> {
    let responses: Value = serde_json::from_str(include_str!("fixtures/responses.json")).unwrap();
    let secret = responses.pointer("/secrets/result/0").unwrap();
    let page = json!({
        "success": true, "errors": [], "messages": [], "result": vec![secret; count], "result_info": information,
    });
    Response::builder().status(200).body(page.to_string().into_bytes()).unwrap()
}

fn account() -> Account {
    Account {
        base: BaseUrl::default(),
        id: AccountId::parse("985e105f4ecef8ad9ca31a8372d0c353").unwrap(),
        credential: Credential::token("canary-token").unwrap(),
    }
}

fn store() -> StoreId {
    StoreId::parse("023e105f4ecef8ad9ca31a8372d0c353").unwrap()
}

fn secret() -> SecretId {
    SecretId::parse("3fd85f74b32742f1bff64a85009dda07").unwrap()
}

fn new_secret(name: &str, value: &str) -> NewSecret {
    NewSecret {
        name: SecretName::parse(name).unwrap(),
        value: SecretValue::parse(value.to_owned()).unwrap(),
        scopes: vec![Scope::Workers],
        comment: None,
    }
}
