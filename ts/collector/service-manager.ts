// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from '../native/binding.js';
import type { Logger } from './logger.js';

/** Tells systemd (or whoever set NOTIFY_SOCKET) how the collector is: sd_notify(3). Without that variable it does nothing. */
export class ServiceManager {
  readonly #notify: ((state: string) => void) | undefined;
  readonly #watchdog: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(binding: NativeBinding, logger: Logger, env: NodeJS.ProcessEnv, pid = process.pid) {
    const socket = env.NOTIFY_SOCKET;
    if (socket) {
      this.#notify = (state) => {
        try {
          binding.notifyServiceManager(socket, state);
        } catch (error) {
          logger.debug(`the service manager does not listen at NOTIFY_SOCKET (${(error as Error).message})`);
        }
      };
    }
    const asked = !env.WATCHDOG_PID || Number(env.WATCHDOG_PID) === pid;
    this.#watchdog = asked ? Number(env.WATCHDOG_USEC) / 1000 || 0 : 0;
  }

  /** @param alive Asked twice in the watchdog's time: the watchdog is answered only while it says yes. */
  ready(status: string, alive: () => boolean): void {
    this.#notify?.(`READY=1\nSTATUS=${status}`);
    if (this.#notify === undefined || this.#watchdog === 0 || this.#timer !== undefined) return;
    this.#timer = setInterval(() => alive() && this.#notify?.('WATCHDOG=1'), this.#watchdog / 2);
    this.#timer.unref();
  }

  reloading(): void {
    this.#notify?.(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#notify?.('STOPPING=1');
    clearInterval(this.#timer);
  }
}
