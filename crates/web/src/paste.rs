//! The one line that connects an agent.

use serde_json::json;

/// How the line gives the agent its token.
#[derive(Clone, Copy, Debug)]
pub enum Secret<'a> {
    /// None is needed (`--auth none`).
    NotNeeded,
    /// The environment variable that holds it when the line is pasted, and for Codex and Cursor
    /// also when they start.
    Variable(&'a str),
}

/// A line to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasteLine {
    /// The agent's name.
    pub client: &'static str,
    /// What is pasted: a command for a POSIX shell, or the content of `file`.
    pub line: String,
    /// Where the line goes, when it is no command.
    pub file: Option<&'static str>,
}

/// Returns the lines for Claude Code, Codex, Cursor and VS Code that connect them to the MCP server
/// at `url`.
///
/// Syntax: `claude mcp add --help`; `codex mcp add --help` (Codex refuses a token in its file);
/// Cursor's `mcp.json`, which resolves `${env:NAME}` in headers; `code --add-mcp`, which does not
/// (microsoft/vscode#336232), so there the shell does.
pub fn paste_lines(url: &str, secret: Secret<'_>) -> Vec<PasteLine> {
    let command = |client, line| PasteLine { client, line, file: None };
    let (claude, codex, cursor, code) = match secret {
        Secret::NotNeeded => (
            format!("claude mcp add --transport http weir {url}"),
            format!("codex mcp add weir --url {url}"),
            json!({"url": url}),
            json!({"name": "weir", "type": "http", "url": url}).to_string(),
        ),
        Secret::Variable(name) => {
            let headers = json!({"Authorization": "Bearer TOKEN"});
            (
                format!(
                    "claude mcp add --transport http weir {url} \
                     --header \"Authorization: Bearer ${name}\""
                ),
                format!("codex mcp add weir --url {url} --bearer-token-env-var {name}"),
                json!({"url": url, "headers": {"Authorization": format!("Bearer ${{env:{name}}}")}}),
                json!({"name": "weir", "type": "http", "url": url, "headers": headers})
                    .to_string()
                    // Out of the shell's quoted string and in again: not part of the JSON.
                    .replace("TOKEN", &format!("'\"${name}\"'")),
            )
        }
    };
    vec![
        command("Claude Code", claude),
        command("Codex", codex),
        PasteLine {
            client: "Cursor",
            line: json!({"mcpServers": {"weir": cursor}}).to_string(),
            file: Some("~/.cursor/mcp.json"),
        },
        command("VS Code", format!("code --add-mcp '{code}'")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_the_variable_that_holds_the_token() {
        let lines: Vec<String> =
            paste_lines("http://127.0.0.1:8420/mcp", Secret::Variable("WEIR_TOKEN"))
                .into_iter()
                .map(|line| line.line)
                .collect();
        assert_eq!(
            lines,
            [
                r#"claude mcp add --transport http weir http://127.0.0.1:8420/mcp --header "Authorization: Bearer $WEIR_TOKEN""#,
                "codex mcp add weir --url http://127.0.0.1:8420/mcp --bearer-token-env-var WEIR_TOKEN",
                r#"{"mcpServers":{"weir":{"url":"http://127.0.0.1:8420/mcp","headers":{"Authorization":"Bearer ${env:WEIR_TOKEN}"}}}}"#,
                r#"code --add-mcp '{"name":"weir","type":"http","url":"http://127.0.0.1:8420/mcp","headers":{"Authorization":"Bearer '"$WEIR_TOKEN"'"}}'"#,
            ]
        );
    }

    #[test]
    fn lines_without_a_token_hold_the_address_alone() {
        let lines: Vec<String> = paste_lines("http://127.0.0.1:8420/mcp", Secret::NotNeeded)
            .into_iter()
            .map(|line| line.line)
            .collect();
        assert_eq!(
            lines,
            [
                "claude mcp add --transport http weir http://127.0.0.1:8420/mcp",
                "codex mcp add weir --url http://127.0.0.1:8420/mcp",
                r#"{"mcpServers":{"weir":{"url":"http://127.0.0.1:8420/mcp"}}}"#,
                r#"code --add-mcp '{"name":"weir","type":"http","url":"http://127.0.0.1:8420/mcp"}'"#,
            ]
        );
    }
}
