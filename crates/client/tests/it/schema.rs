//! A GraphQL schema, read from an introspection answer or from SDL, as far as checking a document
//! needs it.

use std::collections::BTreeMap;

use graphql_parser::schema::{
    Definition, Document, InputValue, Type as SdlType, TypeDefinition, parse_schema,
};
use serde_json::{Value, json};

/// A type reference.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TypeRef {
    Named(String),
    List(Box<TypeRef>),
    NonNull(Box<TypeRef>),
    /// The introspection file ends before the innermost type.
    Cut,
}

impl TypeRef {
    pub(crate) fn innermost(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::List(of) | Self::NonNull(of) => of.innermost(),
            Self::Cut => None,
        }
    }

    fn from_introspection(value: &Value) -> Self {
        let inner = || Box::new(Self::from_introspection(&value["ofType"]));
        match (value["kind"].as_str(), value["name"].as_str()) {
            (Some("NON_NULL"), _) => Self::NonNull(inner()),
            (Some("LIST"), _) => Self::List(inner()),
            (_, Some(name)) => Self::Named(name.to_owned()),
            _ => Self::Cut,
        }
    }

    pub(crate) fn from_sdl(of: &SdlType<'_, String>) -> Self {
        match of {
            SdlType::NamedType(name) => Self::Named(name.clone()),
            SdlType::ListType(of) => Self::List(Box::new(Self::from_sdl(of))),
            SdlType::NonNullType(of) => Self::NonNull(Box::new(Self::from_sdl(of))),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) args: BTreeMap<String, TypeRef>,
    pub(crate) of: TypeRef,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Object(BTreeMap<String, Field>),
    Input(BTreeMap<String, TypeRef>),
    /// Scalar or enum.
    Leaf,
}

#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) query: String,
    pub(crate) mutation: Option<String>,
    pub(crate) types: BTreeMap<String, Type>,
}

impl Schema {
    /// Reads `{"__schema": ..}`.
    pub(crate) fn from_introspection(answer: &Value) -> Self {
        let schema = &answer["__schema"];
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
        let reference = |value: &Value| (name(value), TypeRef::from_introspection(&value["type"]));
        let fields = |of: &Value| {
            let field = |field: &Value| {
                let args = list(&field["args"]).iter().map(reference).collect();
                (name(field), Field { args, of: TypeRef::from_introspection(&field["type"]) })
            };
            list(&of["fields"]).iter().map(field).collect()
        };
        let of_kind = |of: &Value| match of["kind"].as_str() {
            Some("OBJECT" | "INTERFACE") => Type::Object(fields(of)),
            Some("INPUT_OBJECT") => {
                Type::Input(list(&of["inputFields"]).iter().map(reference).collect())
            }
            _ => Type::Leaf,
        };
        Self {
            query: name(&schema["queryType"]),
            mutation: schema["mutationType"]["name"].as_str().map(str::to_owned),
            types: list(&schema["types"]).iter().map(|of| (name(of), of_kind(of))).collect(),
        }
    }

    pub(crate) fn from_sdl(text: &str) -> Self {
        let document: Document<'_, String> = parse_schema(text).expect("SDL");
        let mut schema = Self { query: "query".into(), mutation: None, types: BTreeMap::new() };
        let reference = |value: &InputValue<'_, String>| {
            (value.name.clone(), TypeRef::from_sdl(&value.value_type))
        };
        for definition in &document.definitions {
            let (name, of) = match definition {
                Definition::SchemaDefinition(roots) => {
                    schema.query = roots.query.clone().expect("a query root");
                    schema.mutation.clone_from(&roots.mutation);
                    continue;
                }
                Definition::TypeDefinition(TypeDefinition::Object(object)) => {
                    let fields = object.fields.iter().map(|field| {
                        let args = field.arguments.iter().map(reference).collect();
                        (
                            field.name.clone(),
                            Field { args, of: TypeRef::from_sdl(&field.field_type) },
                        )
                    });
                    (&object.name, Type::Object(fields.collect()))
                }
                Definition::TypeDefinition(TypeDefinition::InputObject(input)) => {
                    (&input.name, Type::Input(input.fields.iter().map(reference).collect()))
                }
                Definition::TypeDefinition(TypeDefinition::Scalar(scalar)) => {
                    (&scalar.name, Type::Leaf)
                }
                Definition::TypeDefinition(TypeDefinition::Enum(of)) => (&of.name, Type::Leaf),
                other => panic!("not read: {other:?}"),
            };
            schema.types.insert(name.clone(), of);
        }
        for built_in in ["Int", "Float", "String", "Boolean", "ID"] {
            schema.types.entry(built_in.into()).or_insert(Type::Leaf);
        }
        schema
    }

    /// What a daemon of this schema answers to `introspection.graphql`.
    pub(crate) fn introspection_answer(&self) -> Value {
        let named = |names: Vec<&String>| {
            names.into_iter().map(|name| json!({"name": name})).collect::<Vec<_>>()
        };
        let fields = |of: &Type| {
            match of {
            Type::Object(fields) => fields
                .iter()
                .map(|(name, field)| json!({"name": name, "args": named(field.args.keys().collect())}))
                .collect(),
            _ => Value::Null,
        }
        };
        let types: Vec<_> = self
            .types
            .iter()
            .map(|(name, of)| json!({"name": name, "fields": fields(of)}))
            .collect();
        let mutation = self.mutation.as_ref().map(|name| json!({"name": name}));
        json!({"__schema": {"queryType": {"name": self.query}, "mutationType": mutation, "types": types}})
    }
}
