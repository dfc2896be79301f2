import { DroverError } from '@drover/errors';

/** Whether an object of these labels is meant. */
export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

type Operator = '=' | '==' | '!=' | '<' | '>' | 'in' | 'notin';

/**
 * Reads a label selector, `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`, in the grammar and with the errors of
 * k8s.io/apimachinery/pkg/labels. Throws `bad-request`.
 */
export function parseLabelSelector(text: string): LabelTest {
  const parser = new Parser(text);
  const tests = parser.parse();
  return labels => tests.every(test => test(labels));
}

const special = new Set(['(', ')', ',', '!', '=', '<', '>']);
const operators: ReadonlySet<string> = new Set(['=', '==', '!=', '<', '>', 'in', 'notin']);
const symbols: ReadonlySet<string> = new Set([...special, '==', '!=']);

class Parser {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): LabelTest[] {
    const tests: LabelTest[] = [];
    while (this.#next !== '') {
      if (this.#next !== '!' && symbols.has(this.#next)) {
        throw refused(`found '${this.#next}', expected: !, identifier, or 'end of string'`);
      }
      tests.push(this.#requirement());
      const after = this.#take();
      if (after === '') break;
      if (after !== ',') throw refused(`found '${after}', expected: ',' or 'end of string'`);
      if (this.#next !== '!' && (this.#next === '' || symbols.has(this.#next))) {
        throw refused(`found '${this.#next}', expected: identifier after ','`);
      }
    }
    return tests;
  }

  /** The token to come; empty at the end. */
  get #next(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  #requirement(): LabelTest {
    const absent = this.#next === '!';
    if (absent) this.#at++;
    const key = this.#take();
    if (key === '' || symbols.has(key)) throw unparsable(`found '${key}', expected: identifier`);
    checkKey(key);
    if (absent) return labels => !Object.hasOwn(labels, key);
    if (this.#next === '' || this.#next === ',') return labels => Object.hasOwn(labels, key);
    return testOf(key, this.#operator(), values => this.#values(values));
  }

  #operator(): Operator {
    const token = this.#take();
    if (!isOperator(token)) throw unparsable(`found '${token}', expected: '=', '!=', '==', 'in', notin'`);
    return token;
  }

  #values(many: boolean): readonly string[] {
    if (!many) return [this.#exactValue()];
    const opening = this.#take();
    if (opening !== '(') throw unparsable(`found '${opening}' expected: '('`);
    const values: string[] = [];
    for (let afterComma = true; ; ) {
      const token = this.#take();
      if (token === ')' || token === ',') {
        if (afterComma) values.push('');
        if (token === ')') return values;
        afterComma = true;
      } else if (token === '' || symbols.has(token) || !afterComma) {
        throw unparsable(`found '${token}', expected: ',', or ')'`);
      } else {
        values.push(token);
        afterComma = false;
      }
    }
  }

  /** Empty before a comma and at the end: `a=` asks for an empty value. */
  #exactValue(): string {
    if (this.#next === '' || this.#next === ',') return '';
    const value = this.#take();
    if (symbols.has(value)) throw unparsable(`found '${value}', expected: identifier`);
    return value;
  }
}

function testOf(key: string, operator: Operator, take: (many: boolean) => readonly string[]): LabelTest {
  const values = take(operator === 'in' || operator === 'notin');
  const [value = ''] = values;
  if (operator === '<' || operator === '>') return compareBy(key, operator, value);
  for (const one of values) checkValue(key, one);
  const wanted = new Set(values);
  if (operator === '!=' || operator === 'notin') {
    return labels => !Object.hasOwn(labels, key) || !wanted.has(labels[key] ?? '');
  }
  return labels => Object.hasOwn(labels, key) && wanted.has(labels[key] ?? '');
}

const wholeNumber = /^[+-]?\d{1,18}$/;

function compareBy(key: string, operator: '<' | '>', value: string): LabelTest {
  if (!wholeNumber.test(value)) throw unparsable("for 'Gt', 'Lt' operators, the value must be an integer");
  const bound = BigInt(value);
  return labels => {
    const found = labels[key] ?? '';
    if (!wholeNumber.test(found)) return false;
    return operator === '<' ? BigInt(found) < bound : BigInt(found) > bound;
  };
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    let end = at + 1;
    if (character === '=' || character === '!') {
      if (text.charAt(end) === '=') end++;
    } else if (!special.has(character)) {
      while (end < text.length && !special.has(text.charAt(end)) && !/\s/.test(text.charAt(end))) end++;
    }
    tokens.push(text.slice(at, end));
    at = end;
  }
  return tokens;
}

const isOperator = (token: string): token is Operator => operators.has(token);

const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName', or 'my.name', or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const prefixRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', or 'my_value', or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const [maxNameLength, maxPrefixLength] = [63, 253];

function checkKey(key: string): void {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const [prefix] = parts;
  const wrong = (why: string): DroverError => unparsable(`invalid label key ${JSON.stringify(key)}: ${why}`);
  if (parts.length > 2) {
    throw wrong(
      `a qualified name ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    );
  }
  if (parts.length === 2 && prefix === '') throw wrong('prefix part must be non-empty');
  if (parts.length === 2 && prefix !== undefined) {
    if (prefix.length > maxPrefixLength) throw wrong(`prefix part must be no more than ${maxPrefixLength} characters`);
    if (!prefixPattern.test(prefix)) throw wrong(`prefix part ${prefixRule}`);
  }
  if (name === '') throw wrong('name part must be non-empty');
  if (name.length > maxNameLength) throw wrong(`name part must be no more than ${maxNameLength} characters`);
  if (!namePattern.test(name)) throw wrong(`name part ${nameRule}`);
}

function checkValue(key: string, value: string): void {
  const wrong = (why: string): DroverError =>
    unparsable(`invalid label value: ${JSON.stringify(value)}: at key: ${JSON.stringify(key)}: ${why}`);
  if (value.length > maxNameLength) throw wrong(`must be no more than ${maxNameLength} characters`);
  if (value !== '' && !namePattern.test(value)) throw wrong(valueRule);
}

const refused = (message: string): DroverError => new DroverError('bad-request', message);
const unparsable = (message: string): DroverError => refused(`unable to parse requirement: ${message}`);
