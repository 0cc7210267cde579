import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../test/support/config.ts';
import { mayConnect, readWebUrl } from '../domain/web-rules.ts';
import { webRulesOf, webTimesOf } from './web.ts';

test('without a setting, URLs lead to the web ports of public hosts', () => {
  const rules = webRulesOf(configOf('{}'));

  assert.throws(() => readWebUrl('http://8.8.8.8:8080/', rules, 'uri'));
  assert.ok(mayConnect('8.8.8.8', readWebUrl('http://8.8.8.8/', rules, 'uri'), rules));
  assert.ok(!mayConnect('10.0.0.1', readWebUrl('http://8.8.8.8/', rules, 'uri'), rules));
});

test('the environment has lists with commas, or as the file has them', () => {
  const rules = webRulesOf(
    configOf('{}', {
      VITRINE_WEB_ALLOWED_PORTS: '80, 8080',
      VITRINE_WEB_ALLOWED_HOSTS: '["Mirror.internal", "fd12:0::1"]',
      VITRINE_WEB_ALLOWED_NETWORKS: '10.20.0.0/16,2001:db8::/32',
      VITRINE_WEB_DISALLOWED_NETWORKS: '10.20.1.1',
    }),
  );

  const url = readWebUrl('http://mirror.internal:8080/', rules, 'uri');
  assert.deepEqual(rules.hosts.allowed, ['mirror.internal', 'fd12::1']);
  assert.ok(url.isNamed && mayConnect('2001:db8::1', url, rules));
  assert.ok(!mayConnect('10.20.1.1', url, rules));
});

test('what is no scheme, port, host or network is told', () => {
  const wrong = ['schemes: [ftp]', 'ports: [0]', 'hosts: ["a:80"]', 'networks: ["10/8"]'];
  for (const list of wrong) {
    const key = `web_allowed_${list.split(':')[0]}`;

    assert.throws(
      () => configOf(`web_allowed_${list}`),
      new RegExp(`${key}: a list of .*is wanted`),
    );
  }
});

test('times are in seconds', () => {
  assert.deepEqual(webTimesOf(configOf('web_connect_timeout: 3\nweb_total_timeout: 60')), {
    connect: 3000,
    silence: 60_000,
    total: 60_000,
  });
});
