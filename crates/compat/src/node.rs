//! What a schema is to the search: a conjunction, a disjunction, or one thing said about values of one type.

use num_rational::BigRational;

use crate::language::Term;

/// Place of a node in the arena. Equal nodes have equal places.
pub(crate) type Id = u32;

/// A node, taken as true or as false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Lit {
    pub(crate) id: Id,
    pub(crate) holds: bool,
}

impl Lit {
    pub(crate) const fn yes(id: Id) -> Self {
        Self { id, holds: true }
    }

    pub(crate) const fn no(id: Id) -> Self {
        Self { id, holds: false }
    }

    pub(crate) const fn negated(self) -> Self {
        Self { id: self.id, holds: !self.holds }
    }
}

/// The six types of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Type {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    pub(crate) const ALL: [Self; 6] =
        [Self::Null, Self::Boolean, Self::Number, Self::String, Self::Array, Self::Object];
}

/// A scalar that `const` and `enum` name. Numbers are equal by value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scalar {
    Null,
    Boolean(bool),
    Number(BigRational),
    String(String),
}

impl Scalar {
    pub(crate) const fn kind(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Boolean(_) => Type::Boolean,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
        }
    }
}

/// Names of members of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Names {
    /// This one.
    One(String),
    /// Those that match a pattern: a [`Node::Pattern`].
    Matching(Id),
    /// All but these names and those that match these patterns.
    Others(Vec<String>, Vec<Id>),
}

/// One node. Each atom speaks of one type and is true of values of the others; `Types` alone tells types apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    All(Vec<Id>),
    Any(Vec<Id>),
    ExactlyOne(Vec<Id>),
    Not(Id),
    /// A schema that contains itself; its place is known once it is read.
    Recursive(usize),
    Types(Vec<Type>),
    /// One of these, of any type.
    Enum(Vec<Scalar>),
    Minimum {
        value: BigRational,
        exclusive: bool,
    },
    Maximum {
        value: BigRational,
        exclusive: bool,
    },
    MultipleOf(BigRational),
    MinLength(u64),
    MaxLength(u64),
    /// A term of the arena's languages.
    Pattern(Term),
    MinItems(u64),
    MaxItems(u64),
    /// The item at this place, if there is one.
    Item(u64, Id),
    /// All items from this place on.
    Items(u64, Id),
    /// At least so many items are of this schema.
    ContainsMin(Id, u64),
    UniqueItems,
    MinProperties(u64),
    MaxProperties(u64),
    Required(String),
    /// All members with these names.
    Members(Names, Id),
    PropertyNames(Id),
    /// Something that is not understood, true of values of other types than these: only its own negation
    /// contradicts it.
    Opaque {
        of: Option<Type>,
        key: String,
    },
}
