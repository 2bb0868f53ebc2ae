//! The only module that knows `rmcp`: the protocol on one side, the gateway on the other.

use std::borrow::Cow;
use std::sync::Arc;

use gateway::{Call, Caller, Class, Gateway, ToolDescription};
use http::request::Parts;
use rmcp::model::{
    CacheScope, CallToolRequestMethod, CallToolRequestParams, CallToolResponse, CallToolResult,
    CompleteRequestMethod, CompleteRequestParams, CompleteResult, ConstString, ContentBlock,
    CustomRequest, CustomResult, DiscoverResult, ErrorCode, ErrorData, Implementation, JsonObject,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod,
    ListResourceTemplatesResult, ListResourcesRequestMethod, ListResourcesResult, ListToolsResult,
    MetaObject, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
    ToolAnnotations,
};
use rmcp::service::{RequestContext, ServerInitializeError, ServiceExt};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::instructions::INSTRUCTIONS;
use crate::render::{self, Answer};
use crate::{HttpOptions, McpError};

/// Every revision since Streamable HTTP. The first four of rmcp's list would add 2024-11-05, whose
/// transport is not served here.
const REVISIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// Makes a client load the tool's definition at once instead of on demand.
/// Source: Anthropic's tool search, `_meta` of a tool in `tools/list`.
const ALWAYS_LOAD: &str = "anthropic/alwaysLoad";

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The service of rmcp that [`crate::HttpService`] wraps.
pub(crate) type HttpTransport = StreamableHttpService<Server, NeverSessionManager>;

pub(crate) fn http_transport(gateway: Gateway, options: HttpOptions) -> HttpTransport {
    let server = Server { gateway, version: options.version, callers: Callers::OfRequest };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(options.allowed_hosts)
        .with_allowed_origins(options.allowed_origins)
        .enforce_origin_validation();
    StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    )
}

pub(crate) fn standard_streams()
-> (impl AsyncRead + Send + Unpin + 'static, impl AsyncWrite + Send + Unpin + 'static) {
    rmcp::transport::io::stdio_pipes()
}

/// Serves until the reader ends and what was under way is answered.
pub(crate) async fn serve<R, W>(server: Server, reader: R, writer: W) -> Result<(), McpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    match server.serve((reader, writer)).await {
        Ok(running) => running.waiting().await.map(drop).map_err(|error| transport(error.into())),
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(transport(error.into())),
    }
}

fn transport(source: Box<dyn std::error::Error + Send + Sync>) -> McpError {
    McpError::Transport(source)
}

/// Answers the protocol's requests out of the gateway.
#[derive(Clone)]
pub(crate) struct Server {
    gateway: Gateway,
    version: &'static str,
    callers: Callers,
}

#[derive(Clone)]
enum Callers {
    /// stdio: whoever started the process.
    One(Box<Caller>),
    /// HTTP: whom the edge found.
    OfRequest,
}

impl Server {
    pub(crate) fn for_one_caller(gateway: Gateway, caller: Caller, version: &'static str) -> Self {
        Self { gateway, version, callers: Callers::One(Box::new(caller)) }
    }

    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        match &self.callers {
            Callers::One(caller) => {
                let mut caller = Caller::clone(caller);
                caller.request = self.gateway.environment().uuid().to_string();
                Ok(caller)
            }
            Callers::OfRequest => context
                .extensions
                .get::<Parts>()
                .and_then(|parts| parts.extensions.get::<Caller>())
                .cloned()
                .ok_or_else(|| ErrorData::internal_error("the request carries no caller", None)),
        }
    }

    fn implementation(&self) -> Implementation {
        Implementation::new("weir", self.version).with_title("Weir")
    }

    /// From 2026-07-28 on each result names the server, since no handshake did.
    fn result_meta(&self, context: &RequestContext<RoleServer>) -> Option<MetaObject> {
        let version = context.protocol_version()?;
        (version.as_str() >= ProtocolVersion::V_2026_07_28.as_str()).then(|| {
            MetaObject::from(JsonObject::from_iter([(
                SERVER_INFO.to_owned(),
                json!({ "name": "weir", "title": "Weir", "version": self.version }),
            )]))
        })
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(self.implementation())
            .with_instructions(INSTRUCTIONS);
        // What a client gets whose own revision is not among ours.
        config.protocol_version = ProtocolVersion::V_2025_11_25;
        config
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(REVISIONS)
    }

    async fn discover(
        &self,
        _context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        Ok(DiscoverResult::from_server_info(REVISIONS.to_vec(), self.get_info())
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.caller(&context)?;
        let descriptions = self.gateway.list_tools(&caller).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "tools could not be listed");
            ErrorData::internal_error("the tools could not be listed; try again", None)
        })?;
        // What a caller may call depends on the caller: nobody else may be served from its cache.
        let mut result =
            ListToolsResult::with_all_items(descriptions.into_iter().map(tool).collect())
                .with_ttl_ms(0)
                .with_cache_scope(CacheScope::Private);
        result.meta = self.result_meta(&context);
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.caller(&context)?;
        let name = request.name.into_owned();
        let call = Call { tool: name.clone(), arguments: request.arguments.unwrap_or_default() };
        let outcome = tokio::select! {
            outcome = self.gateway.dispatch(&caller, call) => outcome,
            // The call goes on without us as far as its event.
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("the request was cancelled", None));
            }
        };
        match outcome.result {
            // The one refusal that the specification makes a protocol error.
            Err(refusal) if refusal.code == "unknown_tool" => {
                Err(ErrorData::invalid_params(format!("Unknown tool: {name}"), None))
            }
            result => {
                let answer = render::answer(&result, self.gateway.environment().random.as_ref());
                Ok(CallToolResponse::Complete(
                    call_tool_result(answer).with_meta(self.result_meta(&context)),
                ))
            }
        }
    }

    // A known method comes here when its parameters have the wrong shape: then it is not the method
    // that is unknown.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if request.method == CallToolRequestMethod::VALUE {
            let wanted = "tools/call wants `params` with the tool's `name` and, as an object, its \
                          `arguments`";
            return Err(ErrorData::invalid_params(wanted, None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None))
    }

    // rmcp answers these with empty lists although the capabilities are not declared; the
    // specification wants them unknown.
    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }

    async fn complete(
        &self,
        _request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}

fn tool(description: ToolDescription) -> Tool {
    let mut tool =
        Tool::new(description.name, description.description, Arc::new(description.input_schema))
            .with_title(description.title)
            .with_annotations(annotations(description.class));
    tool.output_schema = description.output_schema.map(Arc::new);
    if description.always_load {
        tool.meta = Some(MetaObject::from(JsonObject::from_iter([(
            ALWAYS_LOAD.to_owned(),
            Value::Bool(true),
        )])));
    }
    tool
}

/// All four hints, always: what is left out counts as a destructive write in an open world.
fn annotations(class: Class) -> ToolAnnotations {
    let (read_only, destructive, idempotent) = match class {
        Class::Read => (true, false, true),
        Class::Write => (false, false, false),
        Class::Delete => (false, true, true),
    };
    ToolAnnotations::new()
        .read_only(read_only)
        .destructive(destructive)
        .idempotent(idempotent)
        .open_world(false)
}

fn call_tool_result(answer: Answer) -> CallToolResult {
    let content = vec![ContentBlock::text(answer.text)];
    let mut result = if answer.refused {
        CallToolResult::error(content)
    } else {
        CallToolResult::success(content)
    };
    result.structured_content = answer.structured;
    result
}
