import { expect, test } from 'vitest';
import { serverOf } from '../src/event-store-url.ts';

test.each([
  ['esdb://127.0.0.1:2113?tls=false', '127.0.0.1:2113'],
  ['esdb+discover://admin:p%40ss@a:2113,b:2113/?tls=true', 'a:2113,b:2113'],
  ['esdb://store?tlsCAFile=/etc/ca@2026.crt', 'store'],
  ['kurrentdb://admin:pa@ss/wo?rd@store:2113', 'store:2113'],
])('the server in %s is named without credentials and options', (url, server) => {
  expect(serverOf(url)).toBe(server);
});
