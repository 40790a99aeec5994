import {unfitServer} from '../../../src/fleet/engine/serverInfo';

const info = (...lines: readonly string[]) => ['# Server', ...lines, ''].join('\r\n');
const GOOD = ['redis_version:7.0.15', 'redis_mode:standalone', 'role:master', 'maxmemory_policy:noeviction'];

test.each([
  ['Redis', info(...GOOD)],
  ['the oldest Redis', info('redis_version:6.2.0')],
  ['Valkey', info('redis_version:7.2.4', 'server_name:valkey', 'valkey_version:8.1.0', 'maxmemory_policy:noeviction')],
])('%s is a server for a fleet', (_, text) => expect(unfitServer(text)).toBeNull());

test.each([
  ['nothing', info(), /which version/],
  ['an old Redis', info('redis_version:6.0.16'), /^is Redis 6\.0\.16\. A fleet needs Redis 6\.2 or later/],
  ['a cluster', info(...GOOD, 'cluster_enabled:1'), /^is a cluster/],
  ['a replica', info('redis_version:7.0.15', 'role:slave'), /^is a replica/],
  ['one that deletes', info('redis_version:7.0.15', 'maxmemory_policy:volatile-lru'), /volatile-lru.*noeviction/],
])('%s is none', (_, text, reason) => expect(unfitServer(text)).toMatch(reason));
