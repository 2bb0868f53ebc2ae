// confluence.js: validates every answer against Atlassian's own schema. Usage: library.mjs ACCESS
import assert from 'node:assert/strict';
import { createV1Client, createV2Client } from 'confluence.js';

const { cloud } = JSON.parse(process.argv[2]);
const options = {
  host: new URL(cloud.url).origin,
  auth: { type: 'basic', email: cloud.username, apiToken: cloud.api_token },
};
const v2 = createV2Client(options);
const v1 = createV1Client(options);

const spaces = await v2.space.getSpaces({});
const space = spaces.results.find((one) => one.key === 'ENG');
assert.ok(space, 'the space is not listed');

const pages = await v2.page.getPages({ spaceId: [Number(space.id)], limit: 5, bodyFormat: 'storage' });
assert.equal(pages.results.length, 5);
assert.ok(pages.results[0].body.storage.value.length > 0);

const created = await v2.page.createPage({
  body: {
    spaceId: space.id,
    status: 'current',
    title: 'Written by confluence.js',
    body: { representation: 'storage', value: '<p>one</p>' },
  },
});
const read = await v2.page.getPageById({ id: Number(created.id), bodyFormat: 'storage', includeVersion: true });
assert.equal(read.body.storage.value, '<p>one</p>');

const updated = await v2.page.updatePage({
  id: Number(created.id),
  body: {
    id: created.id,
    status: 'current',
    title: 'Written by confluence.js',
    body: { representation: 'storage', value: '<p>two</p>' },
    version: { number: read.version.number + 1 },
  },
});
assert.equal(updated.version.number, read.version.number + 1);

const found = await v1.search.searchByCQL({ cql: 'title ~ "rollback" or text ~ "rollback"', limit: 5 });
assert.ok(found.results.length > 0, 'the search found nothing');
console.log('ok  confluence.js 3.2.0: list, read, create, update, search');
