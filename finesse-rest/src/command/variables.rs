//! Call variables that are written: their names and sizes. The server refuses a whole request for one bad variable.
//!
//! | names | may be written | most bytes |
//! |---|---|---|
//! | `callVariable1` to `callVariable10` | yes | 40 in a value |
//! | `user.name`, `user.name[index]` (ECC) | yes | 210 in a value; 2,000 in names, indexes and values of all together |
//! | `BA…`, of the dialer | no | |

use finesse_model::request::RequestError;

/// Most bytes in one of the ten call variables.
const LONGEST: usize = 40;
/// Most bytes in one ECC variable. A site may configure less.
const LONGEST_ECC: usize = 210;
/// Most bytes of all ECC variables with their names and indexes.
const ALL_ECC: usize = 2000;

/// Whether these names and values can be written together.
pub(super) fn check(variables: &[(String, String)]) -> Result<(), RequestError> {
    let mut ecc = 0;
    for (index, (name, value)) in variables.iter().enumerate() {
        let refuse = |why: &str| Err(RequestError::new(name, why));
        if name.trim().is_empty() {
            return Err(RequestError::new("name", "a call variable without a name"));
        }
        if variables[..index].iter().any(|(other, _)| other == name) {
            return refuse("the call variable is given twice");
        }
        if name.starts_with("BA") {
            return refuse("variables of the dialer can only be read");
        }
        if is_numbered(name) {
            if value.len() > LONGEST {
                return refuse("it has more than 40 bytes");
            }
        } else if is_ecc(name) {
            if value.len() > LONGEST_ECC {
                return refuse("it has more than 210 bytes");
            }
            ecc += name.len() + value.len();
            if ecc > ALL_ECC {
                return refuse("with it the ECC variables have more than 2000 bytes, names included");
            }
        } else {
            return refuse("there is no such call variable: callVariable1 to callVariable10, or user.name");
        }
    }
    Ok(())
}

fn is_numbered(name: &str) -> bool {
    let digits = name.strip_prefix("callVariable").unwrap_or_default();
    // A zero in front would be another name to the server.
    !digits.starts_with(['0', '+']) && digits.parse::<u8>().is_ok_and(|number| (1..=10).contains(&number))
}

/// `user.order`, or one place of an array: `user.order[0]`.
fn is_ecc(name: &str) -> bool {
    let Some(own) = name.strip_prefix("user.") else { return false };
    let own = match own.split_once('[') {
        Some((own, index)) => {
            let digits = index.strip_suffix(']').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return false;
            }
            own
        }
        None => own,
    };
    !own.is_empty() && !own.contains(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(variables: &[(&str, String)]) -> Option<String> {
        let list: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        check(&list).err().map(|error| error.field().to_owned())
    }

    #[test]
    fn names_that_there_are_may_be_written() {
        for name in ["callVariable1", "callVariable10", "user.order", "user.order[0]", "user.cisco.x[12]"] {
            assert_eq!(refused(&[(name, "x".into())]), None, "{name}");
        }
        for name in [
            "callVariable0",
            "callVariable11",
            "callVariable01",
            "callVariable",
            "foo",
            "user.",
            "user.[0]",
            "user.a[",
            "user.a[x]",
            "user.a]",
            "BAStatus",
            "BAAnything",
        ] {
            assert_eq!(refused(&[(name, "x".into())]).as_deref(), Some(name), "{name}");
        }
    }

    #[test]
    fn values_have_a_longest_length_alone_and_together() {
        assert_eq!(refused(&[("callVariable3", "x".repeat(40)), ("user.a", "x".repeat(210))]), None);
        assert_eq!(refused(&[("callVariable3", "ä".repeat(21))]).as_deref(), Some("callVariable3"));
        assert_eq!(refused(&[("user.a", "x".repeat(211))]).as_deref(), Some("user.a"));
        // Nine times 7 + 210, and 7 + 40 more: 2,000 bytes.
        let names = [
            "user.a1", "user.a2", "user.a3", "user.a4", "user.a5", "user.a6", "user.a7", "user.a8", "user.a9",
        ];
        let mut all: Vec<(&str, String)> = names.into_iter().map(|name| (name, "x".repeat(210))).collect();
        all.push(("user.b1", "x".repeat(40)));
        assert_eq!(refused(&all), None);
        all[9].1.push('x');
        assert_eq!(refused(&all).as_deref(), Some("user.b1"));
    }
}
