import jsforce from 'jsforce';

const org = JSON.parse(process.env.ORG);
const said = {};

const byPassword = new jsforce.Connection({ loginUrl: org.url, version: '60.0' });
const user = await byPassword.login(org.username, org.password);
said.soap = (await byPassword.query(`SELECT Username FROM User WHERE Id = '${user.id}'`)).records[0].Username;

const oauth2 = { clientId: org.id, clientSecret: org.secret, loginUrl: org.url };
const asApp = new jsforce.Connection({ instanceUrl: org.url, oauth2, version: '60.0' });
await asApp.authorize({ grant_type: 'client_credentials' });
said.clientCredentials = (await asApp.identity()).username;

const c = new jsforce.Connection({ instanceUrl: org.url, accessToken: org.token, version: '60.0' });
said.identity = (await c.identity()).username;
said.paged = (await c.query('SELECT Id FROM User', { autoFetch: true, maxFetch: 100000 })).records.length;

const made = await c.sobject('Account').create({ Name: 'Made by jsforce' });
said.created = made.success;
await c.sobject('Account').update({ Id: made.id, Name: 'Changed' });
said.updated = (await c.sobject('Account').retrieve(made.id)).Name;
said.upserted = (await c.sobject('Account').upsert({ ExternalKey__c: 'js-1', Name: 'Keyed' }, 'ExternalKey__c')).success;
const results = await c.sobject('Contact').create([{ LastName: 'One' }, { FirstName: 'Nameless' }], { allOrNone: false });
said.collection = results.map((result) => result.success);
said.deleted = (await c.sobject('Account').destroy(made.id)).success;
said.describe = (await c.describe('PermissionSetAssignment')).fields.some((field) => field.name === 'ExpirationDate');
try {
  await c.query('SELECT Nonsense FROM User');
} catch (error) {
  said.refused = error.errorCode;
}
const stream = await c.bulk2.query('SELECT Id, Username FROM User');
said.bulk = (await stream.toArray()).length;
said.limits = (await c.limits()).DailyApiRequests.Max > 0;

process.stdout.write(JSON.stringify(said));
