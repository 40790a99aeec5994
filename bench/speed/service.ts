/**
 * A Node service with ten resources and four test files for each. The files test the schema (zod), the repository
 * (Drizzle on SQLite, compiled to WebAssembly), the routes (Express), and the storage in S3 and DynamoDB. A test
 * connects only to a server that it has started itself.
 */
import {numbered, type SpeedSuite} from './suite';
import type {Files} from '../turns';

const RESOURCES = [
  'account',
  'booking',
  'contract',
  'delivery',
  'employee',
  'flight',
  'guest',
  'hotel',
  'item',
  'journey',
];
const KINDS = ['schema', 'repository', 'routes', 'storage'] as const;

const nameOf = (resource: string) => resource[0]!.toUpperCase() + resource.slice(1);

/** The resources differ in their validation rules. */
const limitOf = (index: number) => 100 * (index + 1);

function schema(resource: string, index: number): string {
  const Name = nameOf(resource);
  return `import {sqliteTable, integer, text} from 'drizzle-orm/sqlite-core';
import {z} from 'zod';

export const ${resource}s = sqliteTable('${resource}s', {
  id: integer('id').primaryKey({autoIncrement: true}),
  name: text('name').notNull(),
  email: text('email'),
  amount: integer('amount').notNull().default(0),
});

export const create${resource} = \`CREATE TABLE ${resource}s (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT, amount INTEGER NOT NULL DEFAULT 0)\`;

export const ${Name} = z.object({
  name: z.string().trim().min(2).max(40),
  email: z.email().nullish().transform(email => email?.toLowerCase() ?? null),
  amount: z.coerce.number().int().min(0).max(${limitOf(index)}).default(0),
});
export type ${Name} = z.infer<typeof ${Name}>;

export const ${Name}Query = z.object({
  atLeast: z.coerce.number().optional(),
  order: z.enum(['name', 'amount']).default('name'),
});
export type ${Name}Query = z.infer<typeof ${Name}Query>;
`;
}

function repository(resource: string): string {
  const Name = nameOf(resource);
  return `import {and, asc, eq, gte, sum} from 'drizzle-orm';
import type {Database} from '../database';
import {${resource}s, type ${Name}, type ${Name}Query} from './schema';

export class ${Name}Repository {
  constructor(private readonly database: Database) {}

  create(${resource}: ${Name}) {
    return this.database.insert(${resource}s).values(${resource}).returning().get();
  }

  find(id: number) {
    return this.database.select().from(${resource}s).where(eq(${resource}s.id, id)).get() ?? null;
  }

  search({atLeast, order}: ${Name}Query) {
    return this.database
      .select()
      .from(${resource}s)
      .where(and(atLeast === undefined ? undefined : gte(${resource}s.amount, atLeast)))
      .orderBy(asc(${resource}s[order]))
      .all();
  }

  remove(id: number): boolean {
    return this.database.delete(${resource}s).where(eq(${resource}s.id, id)).returning().all().length === 1;
  }

  total(): number {
    const [row] = this.database.select({total: sum(${resource}s.amount)}).from(${resource}s).all();
    return Number(row?.total ?? 0);
  }
}
`;
}

function routes(resource: string): string {
  const Name = nameOf(resource);
  return `import {Router} from 'express';
import type {Database} from '../database';
import {NotFound} from '../errors';
import {${Name}Repository} from './repository';
import {${Name}, ${Name}Query} from './schema';

export function ${resource}Routes(database: Database): Router {
  const repository = new ${Name}Repository(database);
  const router = Router();
  router.get('/', (request, response) => {
    response.json(repository.search(${Name}Query.parse(request.query)));
  });
  router.post('/', (request, response) => {
    response.status(201).json(repository.create(${Name}.parse(request.body)));
  });
  router.get('/:id', (request, response) => {
    const found = repository.find(Number(request.params.id));
    if (found === null) throw new NotFound('${resource}');
    response.json(found);
  });
  router.delete('/:id', (request, response) => {
    if (!repository.remove(Number(request.params.id))) throw new NotFound('${resource}');
    response.status(204).end();
  });
  return router;
}
`;
}

function storage(resource: string): string {
  const Name = nameOf(resource);
  return `import {DynamoDBClient, GetItemCommand, PutItemCommand} from '@aws-sdk/client-dynamodb';
import {GetObjectCommand, PutObjectCommand, S3Client} from '@aws-sdk/client-s3';
import {${Name}} from './schema';

/** The documents are in S3, the index of them in DynamoDB. */
export class ${Name}Storage {
  constructor(
    private readonly s3: S3Client,
    private readonly dynamo: DynamoDBClient,
  ) {}

  async save(id: number, ${resource}: ${Name}): Promise<void> {
    const Key = \`${resource}/\${id}.json\`;
    const Body = JSON.stringify(${resource});
    await this.s3.send(new PutObjectCommand({Bucket: '${resource}s', Key, Body}));
    const Item = {id: {N: String(id)}, key: {S: Key}, bytes: {N: String(Body.length)}};
    await this.dynamo.send(new PutItemCommand({TableName: '${resource}s', Item}));
  }

  async load(id: number): Promise<${Name} | null> {
    const key = await this.keyOf(id);
    if (key === null) return null;
    const {Body} = await this.s3.send(new GetObjectCommand({Bucket: '${resource}s', Key: key}));
    return ${Name}.parse(JSON.parse(await Body!.transformToString()));
  }

  async keyOf(id: number): Promise<string | null> {
    const Key = {id: {N: String(id)}};
    const {Item} = await this.dynamo.send(new GetItemCommand({TableName: '${resource}s', Key}));
    return Item?.key?.S ?? null;
  }
}
`;
}

function schemaTest(resource: string, index: number): string {
  const Name = nameOf(resource);
  return `import {${Name}, ${Name}Query} from '../${resource}/schema';

test('fills in what is missing', () => {
  expect(${Name}.parse({name: ' Anna '})).toEqual({name: 'Anna', email: null, amount: 0});
});

test('converts what comes from a form', () => {
  const made = ${Name}.parse({name: 'Anna', email: 'ANNA@example.org', amount: '${limitOf(index)}'});
  expect(made).toEqual({name: 'Anna', email: 'anna@example.org', amount: ${limitOf(index)}});
});

test('refuses an amount above the limit', () => {
  expect(${Name}.safeParse({name: 'Anna', amount: ${limitOf(index) + 1}}).error?.issues).toMatchObject([
    {path: ['amount'], code: 'too_big', maximum: ${limitOf(index)}},
  ]);
});

test('names every mistake', () => {
  const {error} = ${Name}.safeParse({name: 'A', email: 'anna', amount: 1.5});
  expect(error?.issues.map(({path}) => path[0])).toEqual(['name', 'email', 'amount']);
});

test('a query has an order', () => {
  expect(${Name}Query.parse({atLeast: '3'})).toEqual({atLeast: 3, order: 'name'});
  expect(() => ${Name}Query.parse({order: 'size'})).toThrow();
});
`;
}

function repositoryTest(resource: string): string {
  const Name = nameOf(resource);
  return `import {openDatabase} from '../database';
import {${Name}Repository} from '../${resource}/repository';

let repository: ${Name}Repository;

beforeEach(async () => {
  repository = new ${Name}Repository(await openDatabase());
  for (const [name, amount] of [['Carla', 3], ['Anna', 20], ['Bert', 100]] as const) {
    repository.create({name, email: null, amount});
  }
});

test('gives each an id', () => {
  expect(repository.create({name: 'Dora', email: 'dora@example.org', amount: 1})).toEqual({
    id: 4, name: 'Dora', email: 'dora@example.org', amount: 1,
  });
});

test('finds one by its id', () => {
  expect(repository.find(2)).toMatchObject({name: 'Anna'});
  expect(repository.find(5)).toBeNull();
});

test('sorts what it finds', () => {
  expect(repository.search({order: 'name'}).map(({name}) => name)).toEqual(['Anna', 'Bert', 'Carla']);
  expect(repository.search({order: 'amount'}).map(({name}) => name)).toEqual(['Carla', 'Anna', 'Bert']);
});

test('leaves out what is too small', () => {
  expect(repository.search({order: 'name', atLeast: 20})).toHaveLength(2);
});

test('removes one, once', () => {
  expect([repository.remove(3), repository.remove(3)]).toEqual([true, false]);
  expect(repository.total()).toBe(23);
});
`;
}

function routesTest(resource: string, index: number): string {
  return `import request from 'supertest';
import {makeApp} from '../app';
import {openDatabase} from '../database';

let app: ReturnType<typeof makeApp>;

beforeEach(async () => {
  app = makeApp(await openDatabase());
});

test('creates one', async () => {
  const {body} = await request(app).post('/${resource}s').send({name: 'Anna', amount: ${index}}).expect(201);
  expect(body).toEqual({id: 1, name: 'Anna', email: null, amount: ${index}});
  await request(app).get('/${resource}s/1').expect(200, body);
});

test('says what is wrong with one', async () => {
  const {body} = await request(app).post('/${resource}s').send({name: 'A', amount: -1}).expect(400);
  expect(body.issues.map((issue: {path: string[]}) => issue.path[0])).toEqual(['name', 'amount']);
});

test('has no such one', async () => {
  await request(app).get('/${resource}s/7').expect(404, {error: 'no such ${resource}'});
  await request(app).delete('/${resource}s/7').expect(404);
});

test('searches', async () => {
  for (const amount of [1, 20, 3]) await request(app).post('/${resource}s').send({name: 'No ' + amount, amount});
  const {body} = await request(app).get('/${resource}s').query({atLeast: 2, order: 'amount'}).expect(200);
  expect(body).toMatchObject([{name: 'No 3'}, {name: 'No 20'}]);
});

test('removes one', async () => {
  await request(app).post('/${resource}s').send({name: 'Anna'});
  await request(app).delete('/${resource}s/1').expect(204);
  await request(app).get('/${resource}s').expect('content-type', /json/).expect(200, []);
});
`;
}

function storageTest(resource: string, index: number): string {
  const Name = nameOf(resource);
  return `import {FakeAws} from '../fakeAws';
import {${Name}Storage} from '../${resource}/storage';

const GIVEN = {name: 'Anna', email: 'anna@example.org', amount: ${index}};

let aws: FakeAws;
let storage: ${Name}Storage;

beforeEach(() => {
  aws = new FakeAws();
  storage = new ${Name}Storage(aws.s3(), aws.dynamo());
});

test('loads what it has saved', async () => {
  await storage.save(7, GIVEN);
  expect(await storage.load(7)).toEqual(GIVEN);
});

test('keeps an index', async () => {
  await storage.save(7, GIVEN);
  expect(await storage.keyOf(7)).toBe('${resource}/7.json');
  expect(await storage.keyOf(8)).toBeNull();
});

test('has nothing that was not saved', async () => {
  expect(await storage.load(1)).toBeNull();
  expect(aws.requests).toEqual(['DynamoDB_20120810.GetItem']);
});

test('fails where the document is gone', async () => {
  await storage.save(1, GIVEN);
  aws.objects.clear();
  await expect(storage.load(1)).rejects.toMatchObject({name: 'NoSuchKey', $metadata: {httpStatusCode: 404}});
});

test('writes the document before the index', async () => {
  await Promise.all([storage.save(1, GIVEN)]);
  expect(aws.requests).toEqual(['PUT ${resource}s/${resource}/1.json', 'DynamoDB_20120810.PutItem']);
});
`;
}

const DATABASE = `import {drizzle} from 'drizzle-orm/sql-js';
import initSqlJs from 'sql.js';
${RESOURCES.map(resource => `import {create${resource}} from './${resource}/schema';`).join('\n')}

/** An empty one, in memory. */
export async function openDatabase() {
  const {Database} = await initSqlJs();
  const database = new Database();
  for (const statement of [${RESOURCES.map(resource => `create${resource}`).join(', ')}]) database.run(statement);
  return drizzle(database);
}
export type Database = Awaited<ReturnType<typeof openDatabase>>;
`;

const ERRORS = `import type {ErrorRequestHandler} from 'express';
import {ZodError} from 'zod';

export class NotFound extends Error {
  constructor(readonly what: string) {
    super(\`no such \${what}\`);
  }
}

export const tellError: ErrorRequestHandler = (error, _request, response, _next) => {
  if (error instanceof ZodError) response.status(400).json({issues: error.issues});
  else if (error instanceof NotFound) response.status(404).json({error: error.message});
  else response.status(500).json({error: String(error)});
};
`;

const APP = `import express, {type Express} from 'express';
import type {Database} from './database';
import {tellError} from './errors';
${RESOURCES.map(resource => `import {${resource}Routes} from './${resource}/routes';`).join('\n')}

export function makeApp(database: Database): Express {
  const app = express();
  app.use(express.json());
${RESOURCES.map(resource => `  app.use('/${resource}s', ${resource}Routes(database));`).join('\n')}
  app.use(tellError);
  return app;
}
`;

const FAKE_AWS = `import {Readable} from 'node:stream';
import {DynamoDBClient} from '@aws-sdk/client-dynamodb';
import {S3Client} from '@aws-sdk/client-s3';

interface AwsRequest {
  method: string;
  hostname: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

const GIVEN = {region: 'eu-west-1', credentials: {accessKeyId: 'key', secretAccessKey: 'secret'}, maxAttempts: 1};

/** Answers the requests of both clients from memory. */
export class FakeAws {
  readonly objects = new Map<string, string>();
  readonly items = new Map<string, unknown>();
  readonly requests: string[] = [];

  s3() {
    return new S3Client({...GIVEN, forcePathStyle: true, requestHandler: this.handler(this.answerS3)});
  }

  dynamo() {
    return new DynamoDBClient({...GIVEN, requestHandler: this.handler(this.answerDynamo)});
  }

  private handler(answer: (request: AwsRequest) => [status: number, body: string]): any {
    return {
      handle: async (request: AwsRequest) => {
        const [statusCode, body] = answer.call(this, request);
        return {response: {statusCode, headers: {}, body: Readable.from([Buffer.from(body)])}};
      },
    };
  }

  private answerS3({method, path, body}: AwsRequest): [number, string] {
    const key = path.slice(1);
    this.requests.push(\`\${method} \${key}\`);
    if (method === 'PUT') this.objects.set(key, Buffer.from(body as string).toString());
    const found = this.objects.get(key);
    if (found === undefined) return [404, '<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>'];
    return [200, method === 'PUT' ? '' : found];
  }

  private answerDynamo({headers, body}: AwsRequest): [number, string] {
    const target = headers['x-amz-target']!;
    this.requests.push(target);
    const {TableName, Key, Item} = JSON.parse(Buffer.from(body as string).toString());
    const id = \`\${TableName} \${(Key ?? Item).id.N}\`;
    if (Item !== undefined) this.items.set(id, Item);
    return [200, JSON.stringify(Key !== undefined ? {Item: this.items.get(id)} : {})];
  }
}
`;

const SOURCES = {schema, repository, routes, storage};
const TESTS = {schema: schemaTest, repository: repositoryTest, routes: routesTest, storage: storageTest};

function sources(): Files {
  return Object.fromEntries(
    RESOURCES.flatMap((resource, index) =>
      KINDS.map(kind => [`src/${resource}/${kind}.ts`, SOURCES[kind](resource, index)]),
    ),
  );
}

export function service(): SpeedSuite {
  return {
    name: '40 files of a Node service',
    files: {
      'jest.config.json': JSON.stringify({
        cacheDirectory: '<rootDir>/.cache',
        testEnvironment: 'node',
        transform: {
          '\\.ts$': [
            '@swc/jest',
            {jsc: {parser: {syntax: 'typescript'}, target: 'es2022'}, module: {type: 'commonjs'}},
          ],
        },
      }),
      'src/database.ts': DATABASE,
      'src/errors.ts': ERRORS,
      'src/app.ts': APP,
      'src/fakeAws.ts': FAKE_AWS,
      ...sources(),
      ...numbered(KINDS.length * RESOURCES.length, index => {
        const [resource, kind] = [index % RESOURCES.length, KINDS[Math.floor(index / RESOURCES.length)]!];
        return [`src/tests/${RESOURCES[resource]}.${kind}.test.ts`, TESTS[kind](RESOURCES[resource]!, resource)];
      }),
    },
    tests: 200,
    args: ['-w', '2'],
    rounds: 5,
    dependencies: jest => ({
      'jest-environment-node': jest,
      '@aws-sdk/client-dynamodb': '3.1169.0',
      '@aws-sdk/client-s3': '3.1169.0',
      '@swc/core': '1.16.22',
      '@swc/jest': '0.2.39',
      'drizzle-orm': '0.45.4',
      express: '5.3.0',
      'sql.js': '1.16.0',
      supertest: '7.3.2',
      zod: '4.6.7',
    }),
  };
}
