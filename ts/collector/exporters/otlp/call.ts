// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http2 from 'node:http2';
import type { Encoded } from '../encoding.js';
import { type GrpcStatus, statusOf } from './grpc-status.js';

/** Bytes of an answer that are read. */
const MAX_RESPONSE = 4 * 1024 * 1024;
/** A message begins with one byte for "compressed" and four for its length. */
const FRAME_HEADER = 5;

export interface CallOptions {
  path: string;
  authority: string;
  scheme: string;
  headers: Readonly<Record<string, string>>;
  message: Encoded;
  /** Codec of the message; undefined for a plain one. */
  encoding: string | undefined;
  /** Milliseconds to the end of the call. */
  timeout: number;
}

export interface CallResult {
  status: GrpcStatus;
  /** The response message; empty where there is none. */
  message: Buffer;
}

/** The connection broke before the server said anything: the call may not have reached it. */
export class Broken extends Error {}

/** The deadline passed. */
export class Late extends Error {
  /** Bytes of the message may wait in the connection, which goes on sending them. */
  readonly isUnsent: boolean;

  constructor(message: string, isUnsent: boolean) {
    super(message);
    this.isUnsent = isUnsent;
  }
}

/** What an answer means that never ends: the server took the call. */
const TAKEN: CallResult = { status: { name: 'OK', message: '', retryAfter: undefined }, message: Buffer.alloc(0) };

/**
 * One unary call with a message that is encoded already.
 *
 * @throws Error when there is no status. Broken, when nothing was answered at all; Late, when the deadline passed.
 */
export function call(session: http2.ClientHttp2Session, options: CallOptions): Promise<CallResult> {
  const { message, encoding, timeout } = options;
  return new Promise((resolve, reject) => {
    const stream = begin(session, options);
    let answer: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    let trailers: http2.IncomingHttpHeaders = {};
    let fault: Error | undefined;
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => {
      const isUnsent = !stream.writableFinished;
      stream.close(http2.constants.NGHTTP2_CANCEL);
      // The stream is closed when that has been sent, which may be never where the server reads nothing.
      if (size > MAX_RESPONSE) resolve(TAKEN);
      else reject(new Late(`no answer within ${timeout} ms`, isUnsent));
    }, timeout);
    stream.on('response', (given) => {
      answer = given;
      // An error without a body has its status here.
      if (given['grpc-status'] !== undefined) trailers = given;
    });
    stream.on('trailers', (given) => {
      trailers = given;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_RESPONSE) chunks.push(chunk);
      else stream.close(http2.constants.NGHTTP2_CANCEL);
    });
    stream.on('error', (error) => {
      fault ??= error;
    });
    stream.on('close', () => {
      clearTimeout(timer);
      const status = answer[':status'];
      // A server that answers without reading the whole message may reset the stream after its answer.
      if (status !== undefined && trailers['grpc-status'] !== undefined) {
        return resolve({ status: statusOf(trailers, status), message: messageOf(Buffer.concat(chunks)) });
      }
      if (size > MAX_RESPONSE) return resolve(TAKEN);
      if (status === undefined) {
        return reject(new Broken(fault?.message ?? 'the connection was closed without an answer'));
      }
      if (fault !== undefined) return reject(fault);
      if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) {
        return reject(new Error(`the answer was cut off (HTTP/2 error ${stream.rstCode})`));
      }
      // Node.js tells a connection that went away in an answer from an answer that ended only by the error's number, and not always.
      if (isOfGrpc(answer)) return reject(new Error('the answer was cut off before its status'));
      resolve({ status: statusOf(trailers, status), message: messageOf(Buffer.concat(chunks)) });
    });
    const header = Buffer.alloc(FRAME_HEADER);
    header[0] = encoding === undefined ? 0 : 1;
    header.writeUInt32BE(message.bytes, 1);
    stream.cork();
    stream.write(header);
    for (const part of message.parts) stream.write(part);
    stream.end();
    stream.uncork();
  });
}

/** @throws Broken when the connection takes no calls any more. */
function begin(session: http2.ClientHttp2Session, options: CallOptions): http2.ClientHttp2Stream {
  const { path, authority, scheme, headers, encoding, timeout } = options;
  try {
    return session.request({
      ...headers,
      ':method': 'POST',
      ':path': path,
      ':scheme': scheme,
      ':authority': authority,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.min(Math.ceil(timeout), 99_999_999)}m`,
      'grpc-accept-encoding': 'identity',
      ...(encoding !== undefined && { 'grpc-encoding': encoding }),
    });
  } catch (error) {
    throw session.closed || session.destroyed ? new Broken((error as Error).message) : error;
  }
}

/** A server of gRPC ends each answer with a status. */
function isOfGrpc({ 'content-type': type = '' }: http2.IncomingHttpHeaders): boolean {
  return type.startsWith('application/grpc');
}

/** The content of a frame; nothing where it is cut off or compressed, which was not asked for. */
function messageOf(frame: Buffer): Buffer {
  if (frame.length < FRAME_HEADER || frame[0] !== 0) return Buffer.alloc(0);
  return frame.subarray(FRAME_HEADER, FRAME_HEADER + frame.readUInt32BE(1));
}
