//! Parts of the bodies of dialog requests: call variables and action parameters, with what the guide forbids.

use std::collections::BTreeMap;

use super::answer::Refusal;
use crate::core::xml::Elem;

/// Bytes of one of the ten numbered variables.
const NUMBERED: usize = 40;
/// Bytes of all ECC variables, names and values together.
const ECC: usize = 2000;

/// An action parameter by name, if it is there and not empty.
pub(super) fn parameter(body: &Elem, name: &str) -> Option<String> {
    let params = body.find("actionParams").map(|list| list.kids.as_slice()).unwrap_or_default();
    let found = params.iter().find(|param| param.get("name") == Some(name));
    found.and_then(|param| param.get("value")).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The digits of a DTMF request are valid. CCX has no letters.
pub(super) fn digits(body: &Elem, letters: bool) -> Result<(), Refusal> {
    let digits = parameter(body, "dtmfString").ok_or_else(|| Refusal::missing("dtmfString"))?;
    let valid = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#') || (letters && matches!(c, 'A'..='D'));
    if digits.chars().all(valid) { Ok(()) } else { Err(Refusal::invalid("dtmfString", &digits)) }
}

/// What a customer turned out to be.
pub(super) fn classification(body: &Elem) -> Result<String, Refusal> {
    const KNOWN: [&str; 6] = ["VOICE", "FAX", "ANS_MACHINE", "INVALID", "BUSY", "DO_NOT_CALL"];
    let text = parameter(body, "outboundClassification")
        .ok_or_else(|| Refusal::missing("outboundClassification"))?;
    if KNOWN.contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(Refusal::invalid("outboundClassification", &text))
    }
}

/// Call variables of a request. Unknown, read-only, repeated and too long ones are refused.
pub(super) fn variables(body: &Elem) -> Result<BTreeMap<String, String>, Refusal> {
    let list = body.find("mediaProperties").and_then(|properties| properties.find("callvariables"));
    let mut vars = BTreeMap::new();
    let mut ecc = 0;
    for variable in list.map(|list| list.kids.as_slice()).unwrap_or_default() {
        let name = variable.get("name").ok_or_else(|| Refusal::missing("name"))?;
        let refused = || Refusal::invalid("callvariables", name);
        let value = variable.find("value").map(|value| value.text.clone()).unwrap_or_default();
        let numbered = name.strip_prefix("callVariable").and_then(|number| number.parse().ok());
        let numbered = numbered.is_some_and(|number: u8| (1..=10).contains(&number));
        if name.starts_with("user.") {
            ecc += name.len() + value.len();
        } else if !numbered || value.len() > NUMBERED {
            return Err(refused());
        }
        if ecc > ECC || vars.insert(name.to_owned(), value).is_some() {
            return Err(refused());
        }
    }
    Ok(vars)
}
