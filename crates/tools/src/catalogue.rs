//! The tools, and what each declares.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::arguments::{self, InvalidArguments};
use crate::error::ToolError;
use crate::objects::Objects;
use crate::output::{Class, Output, Shape};
use crate::site::SiteHandle;
use crate::{confluence, openai};

/// A tool: the struct of its arguments is the tool. The doc comment of each field is what the
/// model reads of it.
pub trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    /// What a caller calls it by.
    const NAME: &'static str;
    /// For people.
    const TITLE: &'static str;
    /// One paragraph for the model: when to use it, and what comes back.
    const DESCRIPTION: &'static str;
    /// What it does to the objects that it names.
    const CLASS: Class;
    /// How its answer is rendered.
    const SHAPE: Shape;
    /// Whether a client that loads tools on demand should hold this one from the start.
    const ALWAYS_LOAD: bool = false;

    /// The one mapping from the arguments to the objects that they name. The gateway decides on
    /// these before [`Tool::run`], and the handler touches no others.
    fn objects(&self) -> Result<Objects, InvalidArguments>;

    /// Does the work.
    fn run(self, site: &SiteHandle) -> impl Future<Output = Result<Output, ToolError>> + Send;
}

/// Every tool, in the order in which they are listed.
pub static CATALOGUE: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    vec![
        Definition::of::<openai::Search>(),
        Definition::of::<openai::Fetch>(),
        Definition::of::<confluence::Search>(),
        Definition::of::<confluence::GetPage>(),
        Definition::of::<confluence::GetPageChildren>(),
        Definition::of::<confluence::ListSpaces>(),
    ]
});

/// The tool of that name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    CATALOGUE.iter().find(|definition| definition.name == name)
}

/// A registered tool.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What a caller calls it by.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// One paragraph for the model.
    pub description: &'static str,
    /// What it does to the objects that it names.
    pub class: Class,
    /// How its answer is rendered.
    pub shape: Shape,
    /// JSON Schema of the arguments (2020-12), an object without references.
    pub input_schema: Map<String, Value>,
    /// JSON Schema of the answer, for the shapes whose JSON is exact; the others are text.
    pub output_schema: Option<Map<String, Value>>,
    /// Whether a client that loads tools on demand should hold this one from the start.
    pub always_load: bool,
    read: fn(Map<String, Value>) -> Result<Prepared, InvalidArguments>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Output, ToolError>> + Send + 'a>>;
type Handler = Box<dyn for<'a> FnOnce(&'a SiteHandle) -> Running<'a> + Send>;

/// A call whose arguments are valid, with the objects that they name.
pub struct Prepared {
    objects: Objects,
    handler: Handler,
}

impl Prepared {
    /// What the arguments name.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Runs the handler on a site.
    pub async fn run(self, site: &SiteHandle) -> Result<Output, ToolError> {
        (self.handler)(site).await
    }
}

impl Definition {
    fn of<T: Tool>() -> Self {
        Self {
            name: T::NAME,
            title: T::TITLE,
            description: T::DESCRIPTION,
            class: T::CLASS,
            shape: T::SHAPE,
            input_schema: input_schema::<T>(),
            output_schema: openai::output_schema(T::SHAPE),
            always_load: T::ALWAYS_LOAD,
            read: read::<T>,
        }
    }

    /// Checks the arguments against the schema and maps them to objects.
    pub fn prepare(&self, arguments: Map<String, Value>) -> Result<Prepared, InvalidArguments> {
        (self.read)(arguments::check(&self.input_schema, arguments)?)
    }
}

fn read<T: Tool>(arguments: Map<String, Value>) -> Result<Prepared, InvalidArguments> {
    let tool: T = serde_json::from_value(Value::Object(arguments))
        .map_err(|error| InvalidArguments::new(error.to_string()))?;
    let objects = tool.objects()?;
    Ok(Prepared { objects, handler: Box::new(|site| Box::pin(tool.run(site))) })
}

/// What the model reads: no meta-schema, no type names, no nulls, all in one piece.
fn input_schema<T: JsonSchema>() -> Map<String, Value> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    let object = schema.ensure_object();
    object.remove("title");
    object.remove("description");
    object.insert("additionalProperties".to_owned(), Value::Bool(false));
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(|map| map.values_mut()) {
        plain_property(property);
    }
    object.clone()
}

/// An optional argument is one that may be left out, not one that may be null.
fn plain_property(property: &mut Value) {
    let Some(property) = property.as_object_mut() else { return };
    property.remove("format");
    if property.get("default").is_some_and(Value::is_null) {
        property.remove("default");
    }
    let plain = property.get("type").and_then(Value::as_array).and_then(|types| {
        types.iter().find(|kind| kind.as_str().is_some_and(|kind| kind != "null")).cloned()
    });
    if let Some(kind) = plain {
        property.insert("type".to_owned(), kind);
    }
}
