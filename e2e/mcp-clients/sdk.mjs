// @modelcontextprotocol/sdk: the client that most agents of today are built on, 2025-11-25.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { check, refuses } from './checks.mjs';

const plan = JSON.parse(process.argv[2]);
const information = { name: 'weir-e2e', version: '1.0.0' };

const stdio = async () => {
  const client = new Client(information);
  await client.connect(new StdioClientTransport({ command: plan.command, args: ['mcp'], env: plan.environment }));
  return client;
};
const http = (token) => async () => {
  const client = new Client(information);
  const headers = { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(plan.url), { requestInit: { headers } }));
  return client;
};

await check('sdk 1.32.2 stdio', plan, stdio);
await check('sdk 1.32.2 http', plan, http(plan.token));
await refuses('sdk 1.32.2 with a wrong token', http('weir_mcp_wrong'));
