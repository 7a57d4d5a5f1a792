// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Resource, ResourceDetector } from '@opentelemetry/resources';
import type { Geometry } from '../native/binding/writer.js';

/** Where and how records are written. */
export interface PlaceOptions {
  /** Folder of directory mode. Default: OTLP_MMAP_DIR, else the first usable of docs/format.md's order. */
  directory?: string;
  /** Path of single-file mode, for version-1 readers. Default: SDK_MMAP_EXPORTER_FILE. */
  file?: string;
  /** A group whose members may read: folder 0770, files 0660. */
  group?: string;
  /** Upper bound in bytes for all files of the directory; oldest dead files go first. */
  directoryLimit?: number;
  /** Slots and bytes of a new file. Default: OTLP_MMAP_GEOMETRY, else what docs/geometry.md says. */
  geometry?: Partial<Geometry>;
  /**
   * Bytes up to which one value (a text, a list, the body of a log record) is kept whole, from 1,024 to 262,144; a longer one is cut.
   * Default: OTLP_MMAP_VALUE_LIMIT, else 65,536.
   */
  valueLimit?: number;
  /** How long `forceFlush` waits for the collector's acknowledgement, in milliseconds. Default 30,000. */
  flushTimeoutMillis?: number;
}

/** What the providers of all signals have in common: equal ones share a file. */
export interface ProducerOptions extends PlaceOptions {
  /** The user's resource: over detected attributes, under `telemetry.sdk.*`. */
  resource?: Resource;
  /** Schema URL of the resource. */
  schemaUrl?: string;
  /** Default: those of OTEL_NODE_RESOURCE_DETECTORS. Empty: none, not even OTEL_SERVICE_NAME. */
  resourceDetectors?: ResourceDetector[];
}
