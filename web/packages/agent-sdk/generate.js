// Writes src/protocol.ts, the types of all messages, from the schemas of api/agent.asyncapi.yaml. They are the same JSON Schemas as
// OpenAPI's, and the last part of the file.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const contract = await readFile(new URL('../../../api/agent.asyncapi.yaml', import.meta.url), 'utf8');
const schemas = contract.slice(contract.indexOf('\n  schemas:\n'));
const document = `openapi: 3.1.0\ninfo: {title: messages, version: "1"}\npaths: {}\ncomponents:${schemas}`;
const ast = await openapiTS(document, { defaultNonNullable: false, rootTypes: true, rootTypesNoSchemaPrefix: true });
await writeFile(new URL('src/protocol.ts', import.meta.url), `// Made from api/agent.asyncapi.yaml; do not edit.\n${astToString(ast)}`);
