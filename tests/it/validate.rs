//! A check of an operation document against a schema: the rules of the GraphQL specification,
//! section 5, that a document without fragments and directives can break.

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::query::{
    Definition, Document, OperationDefinition, Selection, SelectionSet, Value, VariableDefinition,
    parse_query,
};

use crate::schema::{Field, Schema, Type, TypeRef};

/// The meta fields of every query root, the part that is asked for.
const META: &str = "
    schema { query: __Root }
    type __Root { __schema: __Schema! }
    type __Schema { queryType: __Type! mutationType: __Type types: [__Type!]! }
    type __Type { name: String fields(includeDeprecated: Boolean): [__Field!] }
    type __Field { name: String! args: [__InputValue!]! }
    type __InputValue { name: String! }
";

/// Every way in which a document does not fit; empty when it is valid.
pub(crate) fn problems(schema: &Schema, document: &str) -> Vec<String> {
    let document: Document<'_, String> = match parse_query(document) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let mut check = Check {
        schema: with_meta(schema),
        variables: BTreeMap::new(),
        used: BTreeSet::new(),
        found: vec![],
    };
    match document.definitions.as_slice() {
        [Definition::Operation(OperationDefinition::Query(query))] => {
            check.operation(Some(&schema.query), &query.variable_definitions, &query.selection_set);
        }
        [Definition::Operation(OperationDefinition::Mutation(mutation))] => {
            check.operation(
                schema.mutation.as_ref(),
                &mutation.variable_definitions,
                &mutation.selection_set,
            );
        }
        _ => check.found.push("not one named operation".into()),
    }
    check.found
}

fn with_meta(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    let mut meta = Schema::from_sdl(META);
    if let (Some(Type::Object(root)), Some(Type::Object(fields))) =
        (schema.types.get_mut(&schema.query), meta.types.remove("__Root"))
    {
        root.extend(fields);
    }
    for (name, of) in meta.types {
        schema.types.entry(name).or_insert(of);
    }
    schema
}

struct Check {
    schema: Schema,
    variables: BTreeMap<String, TypeRef>,
    used: BTreeSet<String>,
    found: Vec<String>,
}

impl Check {
    fn operation(
        &mut self,
        root: Option<&String>,
        variables: &[VariableDefinition<'_, String>],
        selection: &SelectionSet<'_, String>,
    ) {
        for variable in variables {
            let of = TypeRef::from_sdl(&variable.var_type);
            match of.innermost().and_then(|name| self.schema.types.get(name)) {
                Some(Type::Leaf | Type::Input(_)) => {}
                Some(Type::Object(_)) => self.found.push(format!("${} is no input", variable.name)),
                None => self.found.push(format!("${}: no type {of:?}", variable.name)),
            }
            self.variables.insert(variable.name.clone(), of);
        }
        match root {
            Some(root) => self.selection(root, selection),
            None => self.found.push("no such root".into()),
        }
        let unused = self
            .variables
            .keys()
            .filter(|name| !self.used.contains(*name))
            .cloned()
            .collect::<Vec<_>>();
        self.found.extend(unused.into_iter().map(|name| format!("${name} is not used")));
    }

    fn selection(&mut self, of: &str, selection: &SelectionSet<'_, String>) {
        let fields = match self.schema.types.get(of) {
            Some(Type::Object(fields)) => fields.clone(),
            _ => return self.found.push(format!("{of} has no fields")),
        };
        for item in &selection.items {
            let Selection::Field(asked) = item else {
                self.found.push(format!("{of}: a fragment"));
                continue;
            };
            let Some(field) = fields.get(&asked.name) else {
                self.found.push(format!("{of} has no {}", asked.name));
                continue;
            };
            let at = format!("{of}.{}", asked.name);
            self.arguments(&at, field, &asked.arguments);
            let inner = field.of.innermost().map(str::to_owned);
            let composite = inner
                .as_ref()
                .is_none_or(|name| matches!(self.schema.types.get(name), Some(Type::Object(_))));
            match (inner, asked.selection_set.items.is_empty()) {
                (Some(name), false) if composite => self.selection(&name, &asked.selection_set),
                (Some(_), true) if !composite => {}
                (None, _) => {}
                (_, true) => self.found.push(format!("{at} needs a selection")),
                (_, false) => self.found.push(format!("{at} takes no selection")),
            }
        }
    }

    fn arguments(&mut self, at: &str, field: &Field, given: &[(String, Value<'_, String>)]) {
        for (name, value) in given {
            match field.args.get(name) {
                Some(of) => self.value(&format!("{at}({name})"), of, value),
                None => self.found.push(format!("{at} takes no {name}")),
            }
        }
        for (name, of) in &field.args {
            if matches!(of, TypeRef::NonNull(_)) && !given.iter().any(|(given, _)| given == name) {
                self.found.push(format!("{at} needs {name}"));
            }
        }
    }

    fn value(&mut self, at: &str, of: &TypeRef, value: &Value<'_, String>) {
        match (of, value) {
            (TypeRef::Cut, _) => {}
            (_, Value::Variable(name)) => {
                self.used.insert(name.clone());
                match self.variables.get(name) {
                    Some(declared) if fits(declared, of) => {}
                    Some(declared) => {
                        self.found.push(format!("{at} is {of:?}, ${name} is {declared:?}"))
                    }
                    None => self.found.push(format!("{at}: ${name} is not declared")),
                }
            }
            (TypeRef::NonNull(_), Value::Null) => self.found.push(format!("{at} cannot be null")),
            (_, Value::Null) => {}
            (TypeRef::NonNull(of), value) => self.value(at, of, value),
            (TypeRef::List(of), Value::List(values)) => {
                values.iter().for_each(|value| self.value(at, of, value))
            }
            (TypeRef::List(of), value) => self.value(at, of, value),
            (TypeRef::Named(name), value) => self.named(at, &name.clone(), value),
        }
    }

    fn named(&mut self, at: &str, name: &str, value: &Value<'_, String>) {
        let takes = match (self.schema.types.get(name).cloned(), value) {
            (Some(Type::Input(fields)), Value::Object(given)) => {
                let field = Field { args: fields, of: TypeRef::Cut };
                let given: Vec<_> =
                    given.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                return self.arguments(at, &field, &given);
            }
            (Some(Type::Leaf), Value::Int(_)) => !matches!(name, "String" | "Boolean"),
            (Some(Type::Leaf), Value::String(_)) => !matches!(name, "Int" | "Float" | "Boolean"),
            (Some(Type::Leaf), Value::Boolean(_)) => name == "Boolean",
            _ => false,
        };
        if !takes {
            self.found.push(format!("{at} is {name}, not {value}"));
        }
    }
}

/// Whether a variable of one type may stand where another is expected.
fn fits(declared: &TypeRef, expected: &TypeRef) -> bool {
    match (declared, expected) {
        (_, TypeRef::Cut) => true,
        (TypeRef::NonNull(declared), TypeRef::NonNull(expected)) => fits(declared, expected),
        (_, TypeRef::NonNull(_)) => false,
        (TypeRef::NonNull(declared), expected) => fits(declared, expected),
        (TypeRef::List(declared), TypeRef::List(expected)) => fits(declared, expected),
        (declared, expected) => declared == expected,
    }
}

#[test]
fn a_document_that_does_not_fit_is_told_from_one_that_does() {
    let schema = Schema::from_sdl(
        "schema { query: Q mutation: M } input I { key: Key n: Int! } scalar Key
         type Q { list(max: Int, from: Key!): [Item!] } type Item { id: Int! } type M { set(input: I!): Item }",
    );
    let ok = |document: &str| assert_eq!(problems(&schema, document), [""; 0], "{document}");
    let bad = |document: &str| assert_ne!(problems(&schema, document), [""; 0], "{document}");
    ok("query A($m: Int!) { list(max: $m, from: 0) { id } }");
    ok("query A { __schema { queryType { name } } }");
    ok("mutation A($k: Key!) { set(input: { key: $k, n: 1 }) { id } }");
    ok("mutation A { set(input: { key: null, n: 1 }) { id } }");
    bad("query A { list(from: 0) }");
    bad("query A { list(from: 0) { id { x } } }");
    bad("query A { list { id } }");
    bad("query A { list(from: null) { id } }");
    bad("query A { list(from: 0, to: 1) { id } }");
    bad("query A { gone }");
    bad("query A($m: Int!) { list(from: 0) { id } }");
    bad("query A($m: Key!) { list(max: $m, from: 0) { id } }");
    bad("query A($m: Int) { list(from: $m) { id } }");
    bad("query A($k: Nothing!) { list(from: $k) { id } }");
    bad("query A { list(max: $m, from: 0) { id } }");
    bad("mutation A { set(input: { key: null }) { id } }");
    bad("mutation A { set(input: { n: null }) { id } }");
    bad("mutation A { set(input: { n: 1, misspelt: null }) { id } }");
}
