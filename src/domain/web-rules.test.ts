import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError } from './errors.ts';
import { parseIpNetwork } from './ip-address.ts';
import { mayConnect, readHost, readWebUrl, type WebRules } from './web-rules.ts';

const all = { allowed: [], denied: [] };
const defaults: WebRules = {
  schemes: { allowed: ['http', 'https'], denied: [] },
  ports: { allowed: [80, 443], denied: [] },
  hosts: all,
  networks: all,
};

function networks(...texts: string[]) {
  return texts.map((text) => parseIpNetwork(text) ?? assert.fail(text));
}

/** Whether the URL leads nowhere: its text is refused, or its host is an address that may not be connected to. */
function isClosed(text: string, rules = defaults): boolean {
  try {
    const url = readWebUrl(text, rules, 'uri');
    return !mayConnect(url.host, url, rules);
  } catch (error) {
    assert.ok(error instanceof DomainError && error.code === 'InvalidRequest', text);
    assert.match(error.message, /^uri: ./);
    return true;
  }
}

const closed = [
  // This machine, in every spelling that something takes for it.
  'http://127.0.0.1/',
  'http://127.0.0.1.',
  'http://127.255.255.254/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0x7f000001/',
  'http://0x7f.0.0.1/',
  'http://0177.0.0.1/',
  'http://0177.0.0.01/',
  'http://127.0.0.0x1/',
  'http://127.0x0.0.1/',
  'http://127.0.0.1%2e/',
  'http://%31%32%37.0.0.1/',
  'http://127。0。0。1/',
  'http://①②⑦.⓪.⓪.①/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[0000::0001]/',
  'http://[::127.0.0.1]/',
  'http://[::7f00:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b:1::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2002:7f00:1::1]/',
  'http://[::ffff:0:127.0.0.1]/',
  'http://[::1%25lo]/',
  'http://[::1%lo]/',
  // No address at all.
  'http://0.0.0.0/',
  'http://0/',
  'http://0.1.2.3/',
  'http://[::]/',
  // What clouds tell their machines.
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.254.43518/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[fd00:ec2::254]/',
  'http://[fd20:ce::254]/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://169.254.0.1/',
  'http://[fe80::1]/',
  'http://[febf::1]/',
  // The operator's networks.
  'http://10.0.0.1/',
  'http://10.1/',
  'http://012.0.0.1/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.0.1/',
  'http://3232235521/',
  'http://100.64.0.1/',
  'http://100.127.255.255/',
  'http://[fc00::1]/',
  'http://[fdff::1]/',
  'http://[fec0::1]/',
  'http://[64:ff9b::10.0.0.1]/',
  // Multicast, broadcast, reserved, documentation, benchmarks, tunnels.
  'http://224.0.0.1/',
  'http://239.255.255.255/',
  'http://255.255.255.255/',
  'http://240.0.0.1/',
  'http://192.0.2.1/',
  'http://198.18.0.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://192.88.99.1/',
  'http://[ff02::1]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[2001::1]/',
  'http://[2001:10::1]/',
  'http://[2002:808:808::1]/',
  'http://[::808:808]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
  'http://[4000::1]/',
  // Public, but in a spelling that others read otherwise.
  'http://134744072/',
  'http://8.8.2056/',
  'http://010.8.8.8/',
  'http://1.2.3.4.5/',
  'http://256.256.256.256/',
  'http://8.8.8.8:80:80/',
  // No host, no web, not the text of a URL.
  '',
  'images.example.com/a',
  '//images.example.com/a',
  'http:images.example.com',
  'http:/images.example.com',
  'http:///images.example.com',
  'http://',
  'http://:80/',
  'http://-images.example.com/',
  'http://images..example.com/',
  'http://.example.com/',
  'file:///etc/passwd',
  'file://images.example.com/a',
  'ftp://images.example.com/a',
  'gopher://images.example.com/a',
  'data:text/plain,a',
  'http://images.example.com/ a',
  ' http://images.example.com/',
  'http://images.example.com/\n',
  'ht\ttp://images.example.com/',
  'http://images.example.com\\@127.0.0.1/',
  'http:\\\\images.example.com/',
  'http://ımages.example.com/',
  `http://images.example.com/${'a'.repeat(2048)}`,
  // A login, or what looks like one.
  'http://user:secret@images.example.com/',
  'http://user@images.example.com/',
  'http://@images.example.com/',
  'http://images.example.com:80@127.0.0.1/',
  'http://8.8.8.8@127.0.0.1/',
  // Other ports.
  'http://images.example.com:22/',
  'http://images.example.com:8080/',
  'https://images.example.com:0/',
  'http://images.example.com:65536/',
];

for (const url of closed) {
  test(`${JSON.stringify(url.slice(0, 60))} leads nowhere`, () => {
    assert.ok(isClosed(url));
  });
}

test('addresses on the internet are open', () => {
  const open = [
    'http://8.8.8.8/a.img',
    'https://8.8.8.8:443/a?b=c#d',
    'HTTP://172.32.0.1/',
    'http://100.128.0.1/',
    'http://169.253.0.1/',
    'http://[2606:4700::1111]/',
    'http://[2a00:1450:4001:80b::200e]:80/',
    'http://[64:ff9b::8.8.8.8]/',
    'http://[::ffff:8.8.8.8]/',
  ];

  assert.deepEqual(
    open.filter((url) => isClosed(url)),
    [],
  );
});

test('a name is read in lower case, without the dot at its end, and with the port of its scheme', () => {
  const { host, port, isNamed } = readWebUrl('https://Images.Example.COM./a', defaults, 'uri');

  assert.deepEqual(
    { host, port, isNamed },
    { host: 'images.example.com', port: 443, isNamed: false },
  );
});

test('where a list of allowed ones is given, the denied ones do not count', () => {
  const ports = { allowed: [8080], denied: [8080, 80] };
  const rules = { ...defaults, ports };

  assert.ok(!isClosed('http://8.8.8.8:8080/', rules));
  assert.ok(isClosed('http://8.8.8.8/', rules));
});

test('without a list of allowed ones, all but the denied ones are open', () => {
  const rules: WebRules = {
    ...defaults,
    schemes: { allowed: [], denied: ['http'] },
    ports: { allowed: [], denied: [8080] },
    hosts: { allowed: [], denied: ['8.8.4.4', '2001:4860:4860::8888'] },
  };

  assert.ok(!isClosed('https://8.8.8.8:1234/', rules));
  assert.ok(isClosed('https://8.8.8.8:8080/', rules));
  assert.ok(isClosed('http://8.8.8.8/', rules));
  assert.ok(isClosed('https://8.8.4.4/', rules));
  assert.ok(isClosed('https://[2001:4860:4860:0::8888]/', rules));
  assert.ok(isClosed('gopher://8.8.8.8/', rules));
});

test('a host that the operator named may be private or this machine, and no metadata service', () => {
  const hosts = { allowed: ['mirror.internal', '10.0.0.5'], denied: [] };
  const rules = { ...defaults, hosts };
  const url = readWebUrl('http://mirror.internal/a', rules, 'uri');

  assert.ok(mayConnect('10.1.2.3', url, rules));
  assert.ok(mayConnect('127.0.0.1', url, rules));
  assert.ok(mayConnect('fd12::1', url, rules));
  assert.ok(!mayConnect('169.254.169.254', url, rules));
  assert.ok(!mayConnect('fe80::1', url, rules));
  assert.ok(!mayConnect('fd00:ec2::254', url, rules));
  assert.ok(!isClosed('http://10.0.0.5/', rules));
  assert.ok(isClosed('http://10.0.0.6/', rules));
  assert.ok(isClosed('http://8.8.8.8/', rules));
});

test('an allowed network is open to every name, and a denied one to none', () => {
  const rules = {
    ...defaults,
    networks: { allowed: networks('10.20.0.0/16'), denied: networks('10.20.1.0/24', '8.8.0.0/16') },
  };

  assert.ok(!isClosed('http://10.20.0.1/', rules));
  assert.ok(!isClosed('http://[::ffff:10.20.0.1]/', rules));
  assert.ok(isClosed('http://10.20.1.1/', rules));
  assert.ok(isClosed('http://10.21.0.1/', rules));
  assert.ok(isClosed('http://8.8.8.8/', rules));
});

test('what no system could have given as an address is not connected to', () => {
  assert.ok(!mayConnect('fe80::1%eth0', { isNamed: true }, defaults));
  assert.ok(!mayConnect('', { isNamed: true }, defaults));
});

test('a refusal names the field and what was wanted', () => {
  const refusal = (text: string) => {
    assert.throws(() => readWebUrl(text, defaults, 'method.uri'), DomainError);
    try {
      readWebUrl(text, defaults, 'method.uri');
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
    return undefined;
  };

  assert.equal(refusal('ftp://a/'), 'method.uri: the scheme must be one of http, https.');
  assert.equal(refusal('http://a:22/'), 'method.uri: port 22 is not allowed.');
  assert.equal(refusal('http://b@a/'), 'method.uri: must not have a user name or password.');
});

test('hosts of the configuration are read as those of URLs are', () => {
  assert.equal(readHost('Mirror.Example.com.'), 'mirror.example.com');
  assert.equal(readHost('10.0.0.5'), '10.0.0.5');
  assert.equal(readHost('fd12:0::1'), 'fd12::1');
  assert.equal(readHost('[fd12::1]'), 'fd12::1');
  for (const wrong of ['', 'a:80', 'http://a', 'a/b', '0x7f.1', 'a@b', '*.example.com']) {
    assert.equal(readHost(wrong), undefined, wrong);
  }
});
