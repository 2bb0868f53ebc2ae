//! The figures of [`crate::serve`] as Markdown.

use crate::contestant::PEER;
use crate::load::Load;
use crate::serve::{Cell, Report, Standing};
use crate::table::{Table, number};

/// The whole report. A ratio is Weir's figure through the peer's.
pub fn markdown(report: &Report) -> String {
    format!(
        "{}\n{}\n{}\n{}",
        report.machine.heading(report.at, &report.commit),
        at_rest(&report.weir, report.peer.as_ref()),
        live(&report.live),
        mirrored(&report.mirrored),
    )
}

fn at_rest(weir: &Standing, peer: Option<&Standing>) -> Table {
    let mut table = Table::new(["at rest", "Weir", PEER, "ratio"]);
    let mut row = |what: &str, figure: &dyn Fn(&Standing) -> f64| {
        let [weir, peer, ratio] = compared(figure(weir), peer.map(figure));
        table.row([what.to_owned(), weir, peer, ratio]);
    };
    let mib = |kib: u64| kib as f64 / 1024.0;
    row("start to first `tools/list` answer, stdio, ms", &|one| one.start_to_tools_list_ms);
    row("memory, idle, stdio, MiB", &|one| mib(one.stdio_idle_kib));
    row("memory, idle, HTTP, MiB", &|one| mib(one.http_idle_kib));
    row("memory after 1,000 calls, HTTP, MiB", &|one| mib(one.after_1000_calls_kib));
    row("memory for one abandoned session, KiB", &|one| {
        one.per_abandoned_session_bytes as f64 / 1024.0
    });
    row("requests to Confluence for one page", &|one| one.upstream_calls_per_page);
    row("tools (Confluence only)", &|one| one.tools as f64);
    row("`tools/list`, tokens (estimated)", &|one| f64::from(one.tools_list_tokens));
    table
}

fn live(cells: &[Cell]) -> Table {
    let mut table = Table::new([
        "live call",
        "upstream delay, ms",
        "clients",
        "calls/s",
        "peer",
        "ratio",
        "p50, ms",
        "peer",
        "p99, ms",
        "peer",
        "CPU s / 1,000 calls",
        "peer",
        "ratio",
    ]);
    for cell in cells {
        let pair = |figure: &dyn Fn(&Load) -> f64| {
            compared(figure(&cell.weir), cell.peer.as_ref().map(figure))
        };
        let [rate, peer_rate, rate_ratio] = pair(&|load| load.calls_per_second);
        let [p50, peer_p50, _] = pair(&|load| load.p50_ms);
        let [p99, peer_p99, _] = pair(&|load| load.p99_ms);
        let [cpu, peer_cpu, cpu_ratio] = pair(&|load| load.server_cpu_s_per_1000);
        table.row([
            cell.call.to_owned(),
            cell.upstream_delay_ms.to_string(),
            cell.clients.to_string(),
            rate,
            peer_rate,
            rate_ratio,
            p50,
            peer_p50,
            p99,
            peer_p99,
            cpu,
            peer_cpu,
            cpu_ratio,
        ]);
    }
    table
}

fn mirrored(cells: &[Cell]) -> Table {
    let mut table = Table::new([
        "from the mirror",
        "clients",
        "calls/s",
        "p50, ms",
        "p99, ms",
        "CPU s / 1,000 calls",
    ]);
    for Cell { call, clients, weir, .. } in cells {
        table.row([
            (*call).to_owned(),
            clients.to_string(),
            number(weir.calls_per_second),
            number(weir.p50_ms),
            number(weir.p99_ms),
            number(weir.server_cpu_s_per_1000),
        ]);
    }
    table
}

/// Weir's figure, the peer's and their ratio.
fn compared(weir: f64, peer: Option<f64>) -> [String; 3] {
    let ratio = peer.filter(|peer| *peer > 0.0).map(|peer| number(weir / peer));
    let nothing = || "–".to_owned();
    [number(weir), peer.map_or_else(nothing, number), ratio.unwrap_or_else(nothing)]
}
