// Everything that jsforce can do with an org, as a user of it would write it; says as JSON what came of it.
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import jsforce from 'jsforce';

const org = JSON.parse(process.env.ORG);
const said = {};
const version = '60.0';
const oauth2 = { clientId: org.id, clientSecret: org.secret, loginUrl: org.url };

const refusal = async (work) => {
  try {
    await work();
    return null;
  } catch (error) {
    return error.errorCode ?? error.name ?? error.message;
  }
};

// Ways in and out.
const soap = new jsforce.Connection({ loginUrl: org.url, version });
const user = await soap.login(org.username, org.password);
said.soap = (await soap.query(`SELECT Username FROM User WHERE Id = '${user.id}'`)).records[0].Username;
await soap.logout();
said.soapRefused = await new jsforce.Connection({ loginUrl: org.url, version })
  .login(org.username, 'wrong')
  .catch((error) => error.message);

const password = new jsforce.Connection({ oauth2, version });
await password.login(org.username, org.password);
said.password = (await password.identity()).username;
const token = password.accessToken;
await password.logout();
const over = new jsforce.Connection({ instanceUrl: org.url, accessToken: token, version });
said.loggedOut = await refusal(() => over.query('SELECT Id FROM Profile'));

const app = new jsforce.Connection({ instanceUrl: org.url, oauth2, version });
await app.authorize({ grant_type: 'client_credentials' });
said.clientCredentials = (await app.identity()).username;

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = [
  { alg: 'RS256' },
  { iss: org.id, sub: org.username, aud: org.url, exp: Math.floor(Date.now() / 1000) + 60 },
].map(part).join('.');
const signature = createSign('RSA-SHA256').update(unsigned).sign(readFileSync(org.key), 'base64url');
const bearer = new jsforce.Connection({ instanceUrl: org.url, oauth2: { loginUrl: org.url }, version });
await bearer.authorize({
  grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  assertion: `${unsigned}.${signature}`,
});
said.jwt = (await bearer.identity()).username;

const refreshing = new jsforce.Connection({
  instanceUrl: org.url, oauth2, version, accessToken: '00Dx!expired', refreshToken: org.refresh,
});
said.refreshed = (await refreshing.query('SELECT Id FROM Organization')).totalSize;

const c = new jsforce.Connection({ instanceUrl: org.url, accessToken: org.token, version });
said.identity = (await c.identity()).username;

// Reading.
const rows = await c.query('SELECT Id FROM User', { autoFetch: true, maxFetch: 100000 });
said.paged = new Set(rows.records.map((row) => row.Id)).size;
const first = await c.query('SELECT Id FROM User');
said.more = [first.done, (await c.queryMore(first.nextRecordsUrl)).records.length];
said.found = (await c.sobject('User').find({ Username: org.username }, 'Id, Profile.Name').execute())[0].Profile.Name;
said.children = (await c.query(
  `SELECT Id, (SELECT Id FROM PermissionSetAssignments) FROM User WHERE Id = '${user.id}'`,
)).records[0].PermissionSetAssignments.totalSize;
said.tooling = (await c.tooling.query('SELECT Id FROM Profile LIMIT 1')).records[0].attributes.url.includes('/tooling/');
const stream = await c.bulk2.query('SELECT Id, Username FROM User');
said.bulk = (await stream.toArray()).length;

// Writing.
const made = await c.sobject('Account').create({ Name: 'Made by jsforce' });
said.created = made.success;
await c.sobject('Account').update({ Id: made.id, Name: 'Changed' });
said.updated = (await c.sobject('Account').retrieve(made.id)).Name;
said.upserted = (await c.sobject('Account').upsert({ ExternalKey__c: 'js-1', Name: 'Keyed' }, 'ExternalKey__c')).success;
said.deleted = (await c.sobject('Account').destroy(made.id)).success;
const many = Array.from({ length: 250 }, (_, n) => ({ Name: `Many ${n}`, ExternalKey__c: `many-${n}` }));
const created = await c.sobject('Account').create(many, { allowRecursive: true });
said.manyCreated = created.filter((one) => one.success).length;
const changes = created.map((one) => ({ Id: one.id, Name: 'Changed' }));
said.manyUpdated = (await c.sobject('Account').update(changes, { allowRecursive: true })).every((one) => one.success);
const keyed = many.slice(0, 3).map((one) => ({ ...one, Name: 'By key' }));
said.manyUpserted = (await c.sobject('Account').upsert(keyed, 'ExternalKey__c')).map((one) => one.success);
const ids = created.map((one) => one.id);
said.manyRead = (await c.sobject('Account').retrieve(ids.slice(0, 5))).map((one) => one.Name);
said.manyDeleted = (await c.sobject('Account').destroy(ids, { allowRecursive: true })).every((one) => one.success);
const mixed = await c.sobject('Contact').create([{ LastName: 'One' }, { FirstName: 'Nameless' }], { allOrNone: false });
said.mixed = mixed.map((one) => one.success);

// What the org says of itself, and how it refuses.
said.describe = (await c.describe('PermissionSetAssignment')).fields.some((field) => field.name === 'ExpirationDate');
said.global = (await c.describeGlobal()).sobjects.some((one) => one.name === 'UserLogin');
said.limits = (await c.limits()).DailyApiRequests.Max > 0;
said.usage = c.limitInfo.apiUsage.used > 0;
said.refused = [
  await refusal(() => c.query('SELECT Nonsense FROM User')),
  await refusal(() => c.sobject('Contact').create({ FirstName: 'Nameless' })),
  await refusal(() => c.sobject('Account').retrieve(made.id)),
];

process.stdout.write(JSON.stringify(said));
