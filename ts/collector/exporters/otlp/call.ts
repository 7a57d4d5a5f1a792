// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http2 from 'node:http2';
import type { Encoded } from '../encoding';
import { type GrpcStatus, statusOf } from './grpc-status';

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

/**
 * One unary call with a message that is encoded already.
 *
 * @throws Error when there is no status: the connection broke, or the deadline passed. Broken, when nothing was answered at all.
 */
export function call(session: http2.ClientHttp2Session, options: CallOptions): Promise<CallResult> {
  const { path, authority, scheme, headers, message, encoding, timeout } = options;
  return new Promise((resolve, reject) => {
    const stream = session.request({
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
    let answer: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    let trailers: http2.IncomingHttpHeaders = {};
    let answered = false;
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(new Error(`no answer within ${timeout} ms`));
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }, timeout);
    stream.on('response', (given) => {
      answered = true;
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
    stream.on('error', (error) => fail(answered ? error : new Broken(error.message)));
    stream.on('close', () => {
      clearTimeout(timer);
      const status = answer[':status'];
      if (status === undefined) return fail(new Broken('the connection was closed without an answer'));
      if (size > MAX_RESPONSE)
        return resolve({ status: { name: 'OK', message: '', retryAfter: undefined }, message: Buffer.alloc(0) });
      if (trailers['grpc-status'] === undefined && stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) {
        return fail(new Error(`the answer was cut off (HTTP/2 error ${stream.rstCode})`));
      }
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

/** The content of a frame; nothing where it is cut off or compressed, which was not asked for. */
function messageOf(frame: Buffer): Buffer {
  if (frame.length < FRAME_HEADER || frame[0] !== 0) return Buffer.alloc(0);
  return frame.subarray(FRAME_HEADER, FRAME_HEADER + frame.readUInt32BE(1));
}
