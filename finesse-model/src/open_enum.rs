//! Enumerations that keep what they do not know: servers are newer than clients.

macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value that this version does not know, or an empty one.
            Other(String),
        }

        impl $name {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// Reads a value; never fails.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// True for an element that was there and empty.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                matches!(self, Self::Other(text) if text.is_empty())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl $crate::content::Content for $name {
            fn read(
                cursor: &mut $crate::cursor::Cursor<'_>,
            ) -> Result<Option<Self>, $crate::DecodeError> {
                cursor.text().map(|text| Some(Self::parse(text)))
            }

            fn write(&self, writer: &mut $crate::writer::Writer) {
                writer.text(self.as_str());
            }

            fn shape() -> $crate::schema::Shape {
                $crate::schema::Shape::OneOf(&[$($text),*])
            }
        }
    };
}

pub(crate) use open_enum;
