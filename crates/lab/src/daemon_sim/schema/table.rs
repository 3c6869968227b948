//! Tables of fields, from which the object types of one era are built.
//!
//! Invariants: a field is defined once, with the range of eras that have it and the name of its type
//! in 3.0. [`Era::type_name`] gives the older names. A named type that no table defines is a scalar.

use std::{
    any::Any,
    collections::BTreeSet,
    fmt::{self, Display},
    marker::PhantomData,
    ops::RangeBounds,
    sync::Arc,
};

use async_graphql::{
    PathSegment, ServerError, Value,
    dynamic::{
        Enum, EnumItem, Field, FieldFuture, FieldValue, InputObject, InputValue, Interface,
        InterfaceField, Object, ResolverContext, Scalar, Schema, SchemaBuilder, SchemaError, Type,
        TypeRef,
    },
};

use crate::daemon_sim::{era::Era, view::DaemonView};

/// The value of a field; `None` is null.
pub(super) type Shown = Option<FieldValue<'static>>;

/// A scalar as text. The daemon writes all of its own scalars so.
pub(super) fn text(value: impl Display) -> Shown {
    Some(FieldValue::value(value.to_string()))
}

/// Text or null.
pub(super) fn maybe_text(value: Option<impl Display>) -> Shown {
    value.and_then(text)
}

/// An `Int`, a JSON number of up to 63 bits.
pub(super) fn int(value: impl TryInto<i64>) -> Shown {
    Some(FieldValue::value(value.try_into().unwrap_or(i64::MAX)))
}

/// A list of `Int`.
pub(super) fn ints(values: impl IntoIterator<Item = i64>) -> Shown {
    list(values.into_iter().filter_map(int))
}

/// A `Boolean`.
pub(super) fn boolean(value: bool) -> Shown {
    Some(FieldValue::value(value))
}

/// A list of text.
pub(super) fn texts(values: impl IntoIterator<Item = impl Display>) -> Shown {
    list(values.into_iter().filter_map(text))
}

/// One object, read by the table of its type.
pub(super) fn object<T: Any + Send + Sync>(value: T) -> Shown {
    Some(FieldValue::owned_any(value))
}

/// A list of objects.
pub(super) fn objects<T: Any + Send + Sync>(values: impl IntoIterator<Item = T>) -> Shown {
    list(values.into_iter().map(FieldValue::owned_any))
}

/// An empty list.
pub(super) fn empty_list() -> Shown {
    list([])
}

fn list(values: impl IntoIterator<Item = FieldValue<'static>>) -> Shown {
    Some(FieldValue::list(values))
}

/// A type without values, for fields that are in the schema and never in an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Never {}

/// Parses a type such as `[Fee!]!` with this era's names, and adds its innermost name to `mentioned`.
fn parse_type(era: Era, text: &str, mentioned: &mut BTreeSet<String>) -> TypeRef {
    if let Some(inner) = text.strip_suffix('!') {
        return TypeRef::NonNull(Box::new(parse_type(era, inner, mentioned)));
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return TypeRef::List(Box::new(parse_type(era, inner, mentioned)));
    }
    let name = era.type_name(text);
    mentioned.insert(name.to_owned());
    TypeRef::named(name)
}

/// The types of one era.
pub(super) struct Types {
    era: Era,
    types: Vec<Type>,
    defined: BTreeSet<String>,
    mentioned: BTreeSet<String>,
}

impl Types {
    pub(super) fn new(era: Era) -> Self {
        // The names that GraphQL defines.
        let defined = ["Int", "Float", "String", "Boolean", "ID"].map(str::to_owned).into();
        Self { era, types: Vec::new(), defined, mentioned: BTreeSet::new() }
    }

    fn define(&mut self, name: &str, ty: impl Into<Type>) {
        self.defined.insert(name.to_owned());
        self.types.push(ty.into());
    }

    /// An object type, in the eras that have it.
    pub(super) fn object<T: Any + Send + Sync>(
        &mut self,
        eras: impl RangeBounds<Era>,
        name: &str,
        fill: impl FnOnce(Table<'_, T>) -> Table<'_, T>,
    ) {
        if eras.contains(&self.era) {
            let table = Table {
                era: self.era,
                object: Object::new(name),
                mentioned: &mut self.mentioned,
                parent: PhantomData,
            };
            let object = fill(table).object;
            self.define(name, object);
        }
    }

    /// Object types that are never in an answer, each as `Name field:Type field:Type`.
    pub(super) fn shapes(&mut self, eras: impl RangeBounds<Era> + Clone, shapes: &[&str]) {
        for shape in shapes {
            let mut words = shape.split_whitespace();
            let name = words.next().unwrap_or_default();
            self.object::<Never>(eras.clone(), name, |table| {
                words.filter_map(|word| word.split_once(':')).fold(table, |table, (field, ty)| {
                    table.field(.., field, ty, |never, _| match *never {})
                })
            });
        }
    }

    /// An interface, in the eras that have it.
    pub(super) fn interface(
        &mut self,
        eras: impl RangeBounds<Era>,
        name: &str,
        fields: &[FieldShape],
    ) {
        if !eras.contains(&self.era) {
            return;
        }
        let mut interface = Interface::new(name);
        for shape in fields.iter().filter(|shape| shape.exists(self.era)) {
            let ty = parse_type(self.era, shape.ty, &mut self.mentioned);
            let field = InterfaceField::new(shape.name, ty);
            interface =
                interface.field(if shape.deprecated { field.deprecation(None) } else { field });
        }
        self.define(name, interface);
    }

    /// An enumeration.
    pub(super) fn enumeration(
        &mut self,
        eras: impl RangeBounds<Era>,
        name: &str,
        members: &[&str],
    ) {
        if eras.contains(&self.era) {
            let members = members.iter().map(|member| EnumItem::new(*member));
            self.define(name, members.fold(Enum::new(name), Enum::item));
        }
    }

    /// An input object with its fields and their types.
    pub(super) fn input(&mut self, name: &str, fields: &[(&str, &str)]) {
        let mut input = InputObject::new(name);
        for (field, ty) in fields {
            input =
                input.field(InputValue::new(*field, parse_type(self.era, ty, &mut self.mentioned)));
        }
        self.define(name, input);
    }

    /// Builds the schema. Every name that is still undefined becomes a scalar.
    pub(super) fn finish(mut self, mutation: Option<&str>) -> Result<Schema, SchemaError> {
        for name in self.mentioned.difference(&self.defined) {
            self.types.push(Scalar::new(name).into());
        }
        let builder = Schema::build("query", mutation, None).disable_suggestions();
        self.types.into_iter().fold(builder, SchemaBuilder::register).finish()
    }
}

/// Why a field that cannot be null has no value, with its path.
#[derive(Debug)]
pub(in crate::daemon_sim) struct FieldError {
    message: String,
    pub(in crate::daemon_sim) path: Vec<PathSegment>,
}

impl Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// One field of a type that is never in an answer.
#[derive(Clone, Copy)]
pub(super) struct FieldShape {
    pub(super) since: Era,
    pub(super) until: Era,
    pub(super) name: &'static str,
    pub(super) ty: &'static str,
    pub(super) deprecated: bool,
}

impl FieldShape {
    fn exists(&self, era: Era) -> bool {
        (self.since..=self.until).contains(&era)
    }
}

/// An object type under construction. Its values are of type `T`.
pub(super) struct Table<'a, T> {
    era: Era,
    object: Object,
    mentioned: &'a mut BTreeSet<String>,
    parent: PhantomData<fn(&T)>,
}

impl<T: Any + Send + Sync> Table<'_, T> {
    /// Adds a field, in the eras that have it. `ty` has the names of 3.0.
    pub(super) fn field(
        mut self,
        eras: impl RangeBounds<Era>,
        name: &str,
        ty: &str,
        read: impl Fn(&T, &Arc<DaemonView>) -> Shown + Send + Sync + 'static,
    ) -> Self {
        if eras.contains(&self.era) {
            let field = self.build_field(name, ty, read);
            self.object = self.object.field(field);
        }
        self
    }

    /// Adds a field that introspection marks as deprecated.
    pub(super) fn deprecated(
        mut self,
        eras: impl RangeBounds<Era>,
        name: &str,
        ty: &str,
        read: impl Fn(&T, &Arc<DaemonView>) -> Shown + Send + Sync + 'static,
    ) -> Self {
        if eras.contains(&self.era) {
            let field = self.build_field(name, ty, read).deprecation(None);
            self.object = self.object.field(field);
        }
        self
    }

    /// Adds a field with arguments, given as `(name, type)`.
    pub(super) fn field_with_arguments(
        mut self,
        eras: impl RangeBounds<Era>,
        name: &str,
        ty: &str,
        arguments: &[(&str, &str)],
        answer: impl Fn(&ResolverContext<'_>) -> Result<Shown, String> + Send + Sync + 'static,
    ) -> Self {
        if !eras.contains(&self.era) {
            return self;
        }
        let result = parse_type(self.era, ty, self.mentioned);
        let nullable = !ty.ends_with('!');
        let mut field = Field::new(name, result, move |context| {
            let answered = answer(&context).or_else(|problem| {
                let mut problem = context
                    .ctx
                    .set_error_path(ServerError::new(problem, Some(context.ctx.item.pos)));
                if !nullable {
                    // The engine drops the path of an error that moves up to a parent, so it is
                    // kept in the source.
                    let path = std::mem::take(&mut problem.path);
                    return Err(async_graphql::Error::new_with_source(FieldError {
                        message: problem.message,
                        path,
                    }));
                }
                // A nullable field that fails is null, with an error. The rest of the answer
                // remains.
                context.ctx.add_error(problem);
                Ok(None)
            });
            ready(answered)
        });
        for (argument, ty) in arguments {
            field = field
                .argument(InputValue::new(*argument, parse_type(self.era, ty, self.mentioned)));
        }
        self.object = self.object.field(field);
        self
    }

    /// Adds fields of a type that is never in an answer.
    pub(super) fn shaped(mut self, fields: &[FieldShape], read: fn(&T) -> Shown) -> Self {
        let era = self.era;
        for shape in fields.iter().filter(|shape| shape.exists(era)) {
            let field = self.build_field(shape.name, shape.ty, move |parent, _| read(parent));
            self.object =
                self.object.field(if shape.deprecated { field.deprecation(None) } else { field });
        }
        self
    }

    /// Declares that the type implements an interface.
    pub(super) fn implements(mut self, interface: &str) -> Self {
        self.object = self.object.implement(interface);
        self
    }

    fn build_field(
        &mut self,
        name: &str,
        ty: &str,
        read: impl Fn(&T, &Arc<DaemonView>) -> Shown + Send + Sync + 'static,
    ) -> Field {
        let ty = parse_type(self.era, ty, self.mentioned);
        Field::new(name, ty, move |context| {
            let view = context.ctx.data::<Arc<DaemonView>>();
            let parent = context.parent_value.try_downcast_ref::<T>();
            ready(view.and_then(|view| Ok(read(parent?, view))))
        })
    }
}

fn ready<'a>(answered: async_graphql::Result<Shown>) -> FieldFuture<'a> {
    match answered {
        Ok(shown) => FieldFuture::Value(shown),
        Err(problem) => FieldFuture::new(std::future::ready(Err::<Shown, _>(problem))),
    }
}

/// The value of an argument. A missing argument is null.
pub(super) fn argument<'a>(context: &'a ResolverContext<'_>, name: &str) -> &'a Value {
    static NULL: Value = Value::Null;
    context.args.as_index_map().get(name).unwrap_or(&NULL)
}
