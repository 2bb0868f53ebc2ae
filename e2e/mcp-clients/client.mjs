// @modelcontextprotocol/client: speaks 2025-11-25 by default, 2026-07-28 when it may negotiate.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { check, refuses } from './checks.mjs';

const plan = JSON.parse(process.argv[2]);
const information = { name: 'weir-e2e', version: '1.0.0' };

const stdio = () => new StdioClientTransport({ command: plan.command, args: ['mcp'], env: plan.environment });
const http = (token) => () =>
  new StreamableHTTPClientTransport(new URL(plan.url), { requestInit: { headers: { Authorization: `Bearer ${token}` } } });

const connector = (mode, transport) => async () => {
  const client = new Client(information, { versionNegotiation: { mode } });
  await client.connect(transport());
  return client;
};

for (const mode of ['legacy', 'auto', { pin: '2026-07-28' }]) {
  const name = typeof mode === 'string' ? mode : mode.pin;
  await check(`client 2.4.0 ${name} stdio`, plan, connector(mode, stdio));
  await check(`client 2.4.0 ${name} http`, plan, connector(mode, http(plan.token)));
}
await refuses('client 2.4.0 with a wrong token', connector('auto', http('weir_mcp_wrong')));
