// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorCodes } from './errors.js';

const file = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const words = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);
const between = (text: string, from: string, to: string) => {
  const start = text.indexOf(from);
  expect(start, from).toBeGreaterThanOrEqual(0);
  return text.slice(start, text.indexOf(to, start + from.length));
};

const contract = file('api/agent.asyncapi.yaml');
const methods = file('web/packages/agent-sdk/src/methods.ts');
const model = file('src/model/agent.h');

const named = (part: string) => words(between(methods, `export interface ${part} {`, '\n}'), /^ {2}(\w+):/gm);
const messagesOf = (name: string) => {
  const rest = contract.slice(contract.indexOf(`\n  ${name}:\n    action:`) + 1);
  const end = rest.search(/\n {2}\w+:\n|\ncomponents:/);
  return words(rest.slice(0, end), /channels\/desktop\/messages\/(\w+)/g).filter((word) => word !== 'answer' && word !== 'refusal');
};
const enumOf = (name: string) => words(between(contract, `\n    ${name}:`, ']'), /enum: \[([^\]]*)/g)[0]!.split(/,\s*/);
const enumInModel = (name: string) => words(between(model, `enum_names<${name}> =`, '});'), /"(\w+)"/g);

describe('The contract, the SDK and the servers agree', () => {
  test('on what agents can do', () => {
    const inServers = words(between(file('src/agent_manager/agent_states.cc'), 'kFits[] =', '};'), /\{"(\w+)"/g);
    expect(named('Commands')).toEqual(inServers);
    expect(messagesOf('take_command')).toEqual(inServers);
  });

  test('on what agents are told', () => {
    const inServers = words(between(file('src/model/agent_json.cc'), 'kNames[] =', '};'), /"(\w+)"/g);
    expect(named('Notices')).toEqual(inServers);
    expect(messagesOf('send_notice')).toEqual(inServers);
  });

  test('on what can be asked, and what is so now', () => {
    expect(named('Questions')).toEqual(messagesOf('take_question'));
    expect(named('News')).toEqual(messagesOf('send_news'));
  });

  test('on the states', () => {
    expect(enumOf('AgentState')).toEqual(enumInModel('AgentState'));
    expect(enumOf('NailState')).toEqual(enumInModel('NailState'));
    expect(enumOf('CallState')).toEqual(enumInModel('AgentCallState'));
    expect(enumOf('JobState')).toEqual(enumInModel('AgentJobState'));
  });

  test('F_03 on the codes of errors', () => {
    const own = new Map<string, number>(Object.entries(errorCodes));
    const inModel = enumInModel('AgentError').slice(1);
    const number = (name: string, i: number) =>
      name === 'call_control_not_available' ? 9007 : name === 'media_server_not_reachable' ? 9009 : 9101 + i;
    inModel.forEach((name, i) => expect([name, own.get(name)]).toEqual([name, number(name, i)]));
    const table = [...contract.matchAll(/^ {4}\| (9\d{3})( \*)? \| (\w+) \|/gm)].map(([, code, , name]) => [name, Number(code)]);
    expect(new Map(table as [string, number][])).toEqual(new Map([...own].filter(([, code]) => code > 9000 && code < 9300)));
  });
});
