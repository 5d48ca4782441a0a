//! The description of a kind of configuration object: its fields with their rules, what must be unique, how many there may be.

use super::super::answer::Refusal;
use crate::core::xml::Elem;

/// What the text of a field may be.
#[derive(Clone, Copy)]
pub(in crate::core::rest) enum Rule {
    /// Text of this many bytes.
    Text { min: usize, max: usize },
    /// A whole number.
    Number { min: u64, max: u64 },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// Children, checked as a whole.
    Tree(fn(&Elem) -> Result<(), Refusal>),
}

/// What happens when a new object comes without a field.
#[derive(Clone, Copy)]
pub(in crate::core::rest) enum Absent {
    /// It is refused.
    Refused,
    /// It gets this text.
    Becomes(&'static str),
    /// It stays without.
    Stays,
}

/// One field, as an element.
#[derive(Clone, Copy)]
pub(in crate::core::rest) struct Field {
    /// Name of the element.
    pub(in crate::core::rest) name: &'static str,
    /// What it may hold.
    pub(in crate::core::rest) rule: Rule,
    /// If a new object comes without.
    pub(in crate::core::rest) absent: Absent,
    /// How often it may come.
    pub(in crate::core::rest) times: usize,
}

/// A field that a new object must have.
pub(in crate::core::rest) const fn required(name: &'static str, rule: Rule) -> Field {
    Field { name, rule, absent: Absent::Refused, times: 1 }
}

/// A field with a value of its own.
pub(in crate::core::rest) const fn defaulted(name: &'static str, rule: Rule, text: &'static str) -> Field {
    Field { name, rule, absent: Absent::Becomes(text), times: 1 }
}

/// A field that may be missing.
pub(in crate::core::rest) const fn optional(name: &'static str, rule: Rule, times: usize) -> Field {
    Field { name, rule, absent: Absent::Stays, times }
}

/// A kind of configuration object.
pub(in crate::core::rest) struct Kind {
    /// Name of the element of one.
    pub(in crate::core::rest) root: &'static str,
    /// Name of the element of many.
    pub(in crate::core::rest) list: &'static str,
    /// Whether an object carries its `id` beside its `uri`.
    pub(in crate::core::rest) with_id: bool,
    /// Fields in the order of the wire.
    pub(in crate::core::rest) fields: &'static [Field],
    /// Fields that together no two objects may have alike.
    pub(in crate::core::rest) unique: &'static [&'static str],
    /// Fields that make objects of a sort; the limit counts objects of the same sort.
    pub(in crate::core::rest) sort: &'static [&'static str],
    /// How many objects of the sort of this one there may be.
    pub(in crate::core::rest) limit: fn(&Elem) -> usize,
    /// What a second one gets.
    pub(in crate::core::rest) duplicate: fn(&Elem) -> Refusal,
}

impl Kind {
    /// An object of this kind from a request. `old`: the object that is changed, whose other fields stay.
    pub(in crate::core::rest) fn read(&self, body: &Elem, old: Option<&Elem>) -> Result<Elem, Refusal> {
        if !self.fields.iter().any(|field| body.find(field.name).is_some()) {
            return Err(Refusal::missing(self.fields.first().map_or(self.root, |field| field.name)));
        }
        let mut row = Elem::new(self.root);
        for field in self.fields {
            let named = |elem: &Elem| -> Vec<Elem> {
                elem.kids.iter().filter(|kid| kid.name.eq_ignore_ascii_case(field.name)).cloned().collect()
            };
            let given = named(body);
            if given.is_empty() {
                match (old, field.absent) {
                    (Some(old), _) => row.kids.extend(named(old)),
                    (None, Absent::Refused) => return Err(Refusal::missing(field.name)),
                    (None, Absent::Becomes(text)) => row = row.leaf(field.name, text),
                    (None, Absent::Stays) => {}
                }
                continue;
            }
            if given.len() > field.times {
                return Err(Refusal::invalid(field.name, "too many"));
            }
            for kid in given {
                row.kids.push(field.check(kid)?);
            }
        }
        Ok(row)
    }

    /// An object as it is shown. `base`: path of its collection, without its number.
    pub(in crate::core::rest) fn show(&self, base: &str, id: u64, row: &Elem) -> Elem {
        let mut elem = Elem::new(self.root).leaf("uri", format!("{base}/{id}"));
        if self.with_id {
            elem = elem.leaf("id", id.to_string());
        }
        elem.kids.extend(row.kids.iter().cloned());
        elem
    }

    /// Whether two objects may not stand beside each other.
    pub(in crate::core::rest) fn alike(&self, one: &Elem, other: &Elem) -> bool {
        !self.unique.is_empty() && same(self.unique, one, other)
    }

    /// Whether two objects count towards the same limit.
    pub(in crate::core::rest) fn of_a_sort(&self, one: &Elem, other: &Elem) -> bool {
        same(self.sort, one, other)
    }
}

fn same(fields: &[&str], one: &Elem, other: &Elem) -> bool {
    fields.iter().all(|field| {
        let text = |elem: &Elem| elem.get(field).unwrap_or_default().to_lowercase();
        text(one) == text(other)
    })
}

impl Field {
    /// The field of a request, as it is kept.
    fn check(&self, given: Elem) -> Result<Elem, Refusal> {
        let text = given.text.trim();
        let invalid = || Refusal::invalid(self.name, text);
        match self.rule {
            Rule::Text { min, .. } if text.len() < min && text.is_empty() => {
                return Err(Refusal::missing(self.name));
            }
            Rule::Text { min, max } if text.len() < min || text.len() > max => return Err(invalid()),
            Rule::Number { min, max } => {
                if text.is_empty() {
                    return Err(Refusal::missing(self.name));
                }
                text.parse::<u64>().ok().filter(|number| (min..=max).contains(number)).ok_or_else(invalid)?;
            }
            Rule::OneOf(words) if !words.contains(&text) => return Err(invalid()),
            Rule::Flag if !matches!(text, "true" | "false") => return Err(invalid()),
            Rule::Tree(check) => {
                check(&given)?;
                return Ok(plain(&given, self.name));
            }
            Rule::Text { .. } | Rule::OneOf(_) | Rule::Flag => {}
        }
        Ok(Elem::new(self.name).text(text))
    }
}

/// A tree of a request under this name, without namespaces and the white space between its elements.
fn plain(elem: &Elem, name: &str) -> Elem {
    Elem {
        kids: elem.kids.iter().map(|kid| plain(kid, &kid.name)).collect(),
        text: if elem.kids.is_empty() { elem.text.trim().to_owned() } else { String::new() },
        ..Elem::new(name)
    }
}
