// What every client must be able to do, whatever its name for it.
import assert from 'node:assert/strict';

export async function check(label, plan, connect) {
  for (const round of ['first connection', 'second connection']) {
    const client = await connect();
    try {
      const { tools } = await client.listTools();
      const names = tools.map((tool) => tool.name);
      for (const call of plan.calls) assert.ok(names.includes(call.tool), `${call.tool} is not listed`);
      for (const tool of tools) {
        assert.equal(tool.inputSchema.type, 'object', tool.name);
        assert.equal(tool.annotations?.readOnlyHint, true, `${tool.name} is not marked as reading`);
      }
      for (const call of plan.calls) {
        const answer = await client.callTool({ name: call.tool, arguments: call.arguments });
        assert.ok(!answer.isError, `${call.tool}: ${JSON.stringify(answer.content)}`);
        assert.ok(answer.content[0].text.length > 0, `${call.tool} answered nothing`);
      }
      const refused = await client.callTool({ name: plan.missing.tool, arguments: plan.missing.arguments });
      assert.equal(refused.isError, true, 'a missing page was answered');
      assert.match(refused.content[0].text, /not_found/);
      console.log(`ok  ${label}, ${round}: ${names.length} tools, ${plan.calls.length} calls, 1 refusal`);
    } finally {
      await client.close();
    }
  }
}

export async function refuses(label, connect) {
  await assert.rejects(async () => {
    const client = await connect();
    await client.listTools();
  }, `${label} was let in`);
  console.log(`ok  ${label} is refused`);
}
