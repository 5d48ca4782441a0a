//! The macro that makes a resource out of one table: field, type, name on the wire.
//!
//! From the table come the struct, the lenient reader (any order, any case of a name, unknown elements kept, a doubled scalar refused),
//! the writer, the JSON and the JSON Schema, so that they cannot differ. A field is
//!
//! * `name: Type = "wire"`: one element, `Option<Type>`: absent says nothing;
//! * `names: Vec<Type> as "item" = "wire"`: a collection with items of that name, `Option<Vec<Type>>`: absent is not empty;
//! * `names: Vec<Type> as repeated = "wire"`: elements that stand there any number of times, without a collection around them;
//! * `id: Type as (required or uri) = "id"`: one element without which the object means nothing; the last part of its URI will do.

/// See the module.
macro_rules! resource {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* }) => {
        $crate::resource::keyed_resource! { #[derive(Default)] $(#[$doc])* $name { $($fields)* } }
    };
}

/// A resource with a required field, which therefore has no default.
macro_rules! keyed_resource {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty $(as $how:tt)? = $wire:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $crate::resource::field_type!($type $(, $how)?),)*
            /// Elements that this version does not know, as they came.
            pub extra: $crate::element::Extra,
        }

        impl $crate::content::Content for $name {
            fn read(
                cursor: &mut $crate::cursor::Cursor<'_>,
            ) -> Result<Option<Self>, $crate::error::DecodeError> {
                $(let mut $field = None;)*
                let mut extra = $crate::element::Extra::default();
                while let Some(tag) = cursor.child()? {
                    let mut name = tag.full_name();
                    loop {
                        match name {
                            $($wire => $crate::resource::read_field!(cursor, $field, extra, $wire, $type $(, $how)?),)*
                            other => match $crate::resource::known(&[$($wire),*], other) {
                                Some(spelled) => {
                                    name = spelled;
                                    continue;
                                }
                                None => cursor.keep(&tag, &mut extra)?,
                            },
                        }
                        break;
                    }
                }
                $(let $field = $crate::resource::take_field!(cursor, $field, $wire, stringify!($name), extra $(, $how)?);)*
                Ok(Some(Self { $($field,)* extra }))
            }

            fn write(&self, writer: &mut $crate::writer::Writer) {
                $($crate::resource::write_field!(writer, self, $field, $wire $(, $how)?);)*
                for element in self.extra.iter() {
                    writer.raw(element);
                }
            }

            fn shape() -> $crate::schema::Shape {
                $crate::schema::Shape::Object {
                    name: stringify!($name),
                    fields: vec![$($crate::resource::field_shape!($wire, $type $(, $how)?)),*],
                }
            }

            fn rejected<'a>(&'a self, into: &mut Vec<&'a $crate::error::DecodeError>) {
                $($crate::resource::rejected_in_field!(into, &self.$field $(, $how)?);)*
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $($crate::resource::json_field!(map, self, $field, $wire $(, $how)?);)*
                let unknown = self.extra.without(&[$($wire),*]);
                if !unknown.is_empty() {
                    map.serialize_entry("extra", &unknown)?;
                }
                map.end()
            }
        }
    };
}

macro_rules! field_type {
    ($type:ty) => { Option<$type> };
    ($type:ty, (required or $uri:ident)) => { $type };
    ($type:ty, repeated) => { $type };
    ($type:ty, $item:literal) => { Option<$type> };
}

macro_rules! read_field {
    ($cursor:ident, $slot:ident, $extra:ident, $wire:literal, $type:ty) => {
        $cursor.fill::<$type>(&mut $slot, $wire, &mut $extra)?
    };
    ($cursor:ident, $slot:ident, $extra:ident, $wire:literal, $type:ty, (required or $uri:ident)) => {
        $cursor.fill::<$type>(&mut $slot, $wire, &mut $extra)?
    };
    ($cursor:ident, $slot:ident, $extra:ident, $wire:literal, $type:ty, repeated) => {{
        let items: &mut $type = $slot.get_or_insert_default();
        $cursor.spend::<<$type as IntoIterator>::Item>()?;
        items.extend($crate::content::Content::read($cursor)?)
    }};
    ($cursor:ident, $slot:ident, $extra:ident, $wire:literal, $type:ty, $item:literal) => {
        $cursor.extend(&mut $slot, $item, $wire, &mut $extra)?
    };
}

macro_rules! take_field {
    ($cursor:ident, $slot:ident, $wire:literal, $name:expr, $extra:ident) => {
        $slot
    };
    ($cursor:ident, $slot:ident, $wire:literal, $name:expr, $extra:ident, repeated) => {
        $slot.unwrap_or_default()
    };
    ($cursor:ident, $slot:ident, $wire:literal, $name:expr, $extra:ident, (required or $uri:ident)) => {
        match $slot.or_else(|| $crate::resource::id_in($uri.as_deref())) {
            Some(value) => value,
            None => {
                let message = format!("a {} without <{}>", $name, $wire);
                return Err($cursor.error($crate::error::DecodeErrorKind::MissingField, message));
            }
        }
    };
    ($cursor:ident, $slot:ident, $wire:literal, $name:expr, $extra:ident, $item:literal) => {
        $slot
    };
}

macro_rules! write_field {
    ($writer:ident, $object:ident, $field:ident, $wire:literal) => {
        if let Some(value) = &$object.$field {
            $writer.element($wire, value);
        }
    };
    ($writer:ident, $object:ident, $field:ident, $wire:literal, (required or $uri:ident)) => {
        // An id that is none was kept as it came, and the URI stood in for it: written once, as it came.
        if $object.extra.find($wire).is_none() {
            $writer.element($wire, &$object.$field);
        }
    };
    ($writer:ident, $object:ident, $field:ident, $wire:literal, repeated) => {
        for value in &$object.$field {
            $writer.element($wire, value);
        }
    };
    ($writer:ident, $object:ident, $field:ident, $wire:literal, $item:literal) => {
        if let Some(values) = &$object.$field {
            $writer.list($wire, $item, values);
        }
    };
}

macro_rules! rejected_in_field {
    ($into:ident, $value:expr) => {
        if let Some(value) = $value {
            $crate::content::Content::rejected(value, $into);
        }
    };
    // An id.
    ($into:ident, $value:expr, (required or $uri:ident)) => {};
    ($into:ident, $value:expr, repeated) => {
        for value in $value {
            $crate::content::Content::rejected(value, $into);
        }
    };
    ($into:ident, $value:expr, $item:literal) => {
        for value in $value.iter().flatten() {
            $crate::content::Content::rejected(value, $into);
        }
    };
}

macro_rules! field_shape {
    ($wire:literal, $type:ty) => {
        $crate::schema::Field::one($wire, <$type as $crate::content::Content>::shape())
    };
    ($wire:literal, $type:ty, (required or $uri:ident)) => {
        $crate::schema::Field::required($wire, <$type as $crate::content::Content>::shape())
    };
    ($wire:literal, $type:ty, repeated) => {
        $crate::schema::Field::repeated::<$type>($wire)
    };
    ($wire:literal, $type:ty, $item:literal) => {
        $crate::schema::Field::list::<$type>($wire, $item)
    };
}

macro_rules! json_field {
    ($map:ident, $object:ident, $field:ident, $wire:literal) => {
        match (&$object.$field, $object.extra.find($wire)) {
            (Some(value), _) => $map.serialize_entry($wire, value)?,
            // An id that is none, for example an empty one.
            (None, Some(kept)) => $map.serialize_entry($wire, &kept.text)?,
            (None, None) => {}
        }
    };
    ($map:ident, $object:ident, $field:ident, $wire:literal, (required or $uri:ident)) => {
        $map.serialize_entry($wire, &$object.$field)?
    };
    ($map:ident, $object:ident, $field:ident, $wire:literal, repeated) => {
        $map.serialize_entry($wire, &$object.$field)?
    };
    ($map:ident, $object:ident, $field:ident, $wire:literal, $item:literal) => {
        if let Some(values) = &$object.$field {
            $map.serialize_entry($wire, values)?;
        }
    };
}

/// The id in a URI: its last part. The guide prints some with a slash at the end.
pub(crate) fn id_in<T: std::str::FromStr>(uri: Option<&str>) -> Option<T> {
    uri?.trim_end_matches('/').rsplit('/').next()?.parse().ok()
}

/// The spelling under which a name is known, if it is known in another case or without its prefix.
pub(crate) fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    let local = name.rsplit(':').next().unwrap_or(name);
    names.iter().copied().find(|known| *known != name && known.eq_ignore_ascii_case(local))
}

pub(crate) use {
    field_shape, field_type, json_field, keyed_resource, read_field, rejected_in_field, resource, take_field,
    write_field,
};
