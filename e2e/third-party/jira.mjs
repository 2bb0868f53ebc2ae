// jira.js: checks every answer against a schema of its own, here without mercy. Usage: jira.mjs ACCESS
import assert from 'node:assert/strict';
import { createCloudClient } from 'jira.js';

const { cloud, jira: addresses } = JSON.parse(process.argv[2]);
const jira = createCloudClient({
  host: addresses.cloud_url,
  auth: { type: 'basic', email: cloud.username, apiToken: cloud.api_token },
  onSchemaMismatch: 'throw',
});
const paragraphs = (...lines) => ({
  type: 'doc',
  version: 1,
  content: lines.map((text) => ({ type: 'paragraph', content: [{ type: 'text', text }] })),
});

const me = await jira.myself.getCurrentUser({});
const projects = await jira.projects.searchProjects({ query: 'book' });
assert.deepEqual(projects.values.map((project) => project.key), ['BOOK']);
const project = await jira.projects.getProject({ projectIdOrKey: 'BOOK' });
const bug = project.issueTypes.find((type) => type.name === 'Bug');

const jql = 'project = BOOK ORDER BY key';
const first = await jira.issueSearch.searchAndReconsileIssuesUsingJql({ jql, maxResults: 4, fields: ['summary', 'status', 'assignee'] });
const rest = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({ jql, nextPageToken: first.nextPageToken, fields: ['summary'] });
assert.deepEqual([...first.issues, ...rest.issues].map((issue) => issue.key), [1, 2, 3, 4, 5, 6].map((number) => `BOOK-${number}`));
assert.equal(rest.isLast, true);

const created = await jira.issues.createIssue({
  fields: {
    project: { key: 'BOOK' },
    issuetype: { id: bug.id },
    summary: 'Written by jira.js',
    description: paragraphs('one', 'two'),
    labels: ['third-party'],
  },
});
const form = await jira.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey: 'BOOK', issueTypeId: bug.id });
assert.ok(form.fields.some((field) => field.key === 'customfield_10030' && field.allowedValues.length > 0));
await jira.issues.editIssue({ issueIdOrKey: created.key, update: { labels: [{ add: 'edited' }] } });
await jira.issues.assignIssue({ issueIdOrKey: created.key, accountId: me.accountId });

const { transitions } = await jira.issues.getTransitions({ issueIdOrKey: created.key, expand: 'transitions.fields' });
const done = transitions.find((transition) => transition.name === 'Done');
await jira.issues.doTransition({ issueIdOrKey: created.key, transition: { id: done.id } });

const comment = await jira.issueComments.addComment({ issueIdOrKey: created.key, body: paragraphs('Seen.') });
await jira.issueComments.updateComment({ issueIdOrKey: created.key, id: comment.id, body: { body: paragraphs('Seen twice.') } });
// A text goes to version 2, as wiki markup.
await jira.issueComments.addComment({ issueIdOrKey: created.key, body: 'In *wiki* markup.' });
const comments = await jira.issueComments.getComments({ issueIdOrKey: created.key });
assert.equal(comments.comments[0].body.content[0].content[0].text, 'Seen twice.');
assert.equal(comments.total, 2);
await jira.issueWorklogs.addWorklog({ issueIdOrKey: created.key, timeSpent: '1h 30m' });
await jira.issueWatchers.getIssueWatchers({ issueIdOrKey: created.key });

const read = await jira.issues.getIssue({ issueIdOrKey: created.key, expand: ['changelog', 'names'] });
assert.equal(read.fields.status.name, 'Done');
assert.equal(read.fields.resolution.name, 'Done');
assert.deepEqual(read.fields.labels, ['edited', 'third-party']);
assert.equal(read.fields.assignee.accountId, me.accountId);
assert.equal(read.fields.description.content[1].content[0].text, 'two');
assert.equal(read.fields.timespent, 90 * 60);
const logs = await jira.issues.getBulkChangelogs({ issueIdsOrKeys: [created.key] });
assert.equal(logs.issueChangeLogs[0].changeHistories.length, read.changelog.total);
await jira.issueFields.getFields();

await jira.issues.deleteIssue({ issueIdOrKey: created.key });
await assert.rejects(jira.issues.getIssue({ issueIdOrKey: created.key }), { status: 404 });
console.log('ok  jira.js 6.2.0: list, search, create, edit, assign, transition, comment, log work, read, delete');
