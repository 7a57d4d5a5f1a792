// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mock } from 'node:test';
import test from 'ava';
import { Logger } from '../../ts/collector/logger';
import { ServiceManager } from '../../ts/collector/service-manager';
import type { NativeBinding } from '../../ts/native/binding';

mock.timers.enable({ apis: ['setInterval'] });

function manager(env: NodeJS.ProcessEnv, pid = 7) {
  const sent: string[] = [];
  const lines: string[] = [];
  const binding = {
    notifyServiceManager(socket: string, state: string) {
      if (socket === '/broken') throw new Error('no such socket');
      sent.push(state);
    },
  } as NativeBinding;
  const made = new ServiceManager(binding, new Logger('debug', (line) => lines.push(line)), env, pid);
  return { manager: made, sent, lines };
}

test.serial('readiness, reload and end are told in the form of sd_notify', (t) => {
  const { manager: made, sent } = manager({ NOTIFY_SOCKET: '/run/notify' });
  made.ready('reads a; exports to b', () => true);
  made.reloading();
  made.stopping();
  t.is(sent[0], 'READY=1\nSTATUS=reads a; exports to b');
  t.regex(sent[1], /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
  t.is(sent[2], 'STOPPING=1');
});

test.serial('the watchdog is answered twice in its time, and only while the collector does its work', (t) => {
  const { manager: made, sent } = manager({
    NOTIFY_SOCKET: '/run/notify',
    WATCHDOG_USEC: '2000000',
    WATCHDOG_PID: '7',
  });
  let alive = true;
  made.ready('', () => alive);
  mock.timers.tick(2000);
  t.is(sent.filter((state) => state === 'WATCHDOG=1').length, 2);
  alive = false;
  mock.timers.tick(2000);
  t.is(sent.filter((state) => state === 'WATCHDOG=1').length, 2);
  made.stopping();
});

test.serial("another process' watchdog is not answered", (t) => {
  const { manager: made, sent } = manager({
    NOTIFY_SOCKET: '/run/notify',
    WATCHDOG_USEC: '2000000',
    WATCHDOG_PID: '8',
  });
  made.ready('', () => true);
  mock.timers.tick(10_000);
  t.is(sent.length, 1);
});

test.serial('without a service manager nothing is said, and one that does not listen harms nothing', (t) => {
  const none = manager({});
  none.manager.ready('', () => true);
  t.deepEqual(none.sent, []);
  const broken = manager({ NOTIFY_SOCKET: '/broken' });
  t.notThrows(() => broken.manager.ready('', () => true));
  t.regex(broken.lines[0], /does not listen at NOTIFY_SOCKET/);
});
