// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import type * as Resources from '@opentelemetry/resources';
import { requireFromApp } from './app-packages.js';
import { type Env, readList, warnOfValue } from './env.js';
import { readResourceAttributes } from './resource-attributes.js';

type ResourceDetector = Resources.ResourceDetector;

/** Detectors that ask nobody outside the machine, in the order in which they are merged; later ones win. */
const LOCAL = ['container', 'host', 'os', 'serviceinstance', 'process', 'env'];

/** Detectors of a cloud: package and the exports that make one up. They ask over the network. */
const CLOUD: Record<string, { packageName: string; exports: string[] }> = {
  alibaba: { packageName: '@opentelemetry/resource-detector-alibaba-cloud', exports: ['alibabaCloudEcsDetector'] },
  gcp: { packageName: '@opentelemetry/resource-detector-gcp', exports: ['gcpDetector'] },
  aws: {
    packageName: '@opentelemetry/resource-detector-aws',
    exports: ['awsEc2Detector', 'awsEcsDetector', 'awsEksDetector', 'awsBeanstalkDetector', 'awsLambdaDetector'],
  },
  azure: {
    packageName: '@opentelemetry/resource-detector-azure',
    exports: ['azureAppServiceDetector', 'azureFunctionsDetector', 'azureVmDetector'],
  },
};

const CONTAINER = { packageName: '@opentelemetry/resource-detector-container', exports: ['containerDetector'] };

export interface DetectorOptions {
  /** Value of `service.instance.id`; all threads of a process must give the same. */
  serviceInstanceId: () => string;
  /** What stands for an unset OTEL_NODE_RESOURCE_DETECTORS; by default every detector that stays on the machine. */
  unset?: string[];
}

/**
 * The detectors of OTEL_NODE_RESOURCE_DETECTORS: env, host, os, process, serviceinstance, container, alibaba, aws, azure, gcp,
 * all, none. Those with a package of their own are used when the app has it; a missing one is worth a warning only when it
 * was named. Unset means the local ones, unlike the stock hook's "all": a cloud's detector asks over the network and can
 * keep a short program alive for seconds, so it is used when asked for.
 */
export function readResourceDetectors(env: Env, options: DetectorOptions): ResourceDetector[] {
  const named = readList(env, 'OTEL_NODE_RESOURCE_DETECTORS');
  const names = named ?? options.unset ?? LOCAL;
  if (names.includes('none')) {
    return [];
  }
  const all = names.includes('all');
  const chosen = all ? [...LOCAL.slice(0, -1), ...Object.keys(CLOUD), 'env'] : names;
  return chosen.flatMap((name) => createDetectors(env, name, named !== undefined && !all, options));
}

function createDetectors(env: Env, name: string, named: boolean, options: DetectorOptions): ResourceDetector[] {
  switch (name) {
    case 'env':
      return [{ detect: () => ({ attributes: readResourceAttributes(env) }) }];
    case 'serviceinstance':
      return [{ detect: () => ({ attributes: { 'service.instance.id': options.serviceInstanceId() } }) }];
    case 'host':
      return [resources().hostDetector];
    case 'os':
      return [resources().osDetector];
    case 'process':
      return [resources().processDetector];
    case 'container':
      return fromPackage(name, CONTAINER, named);
    default:
      if (Object.hasOwn(CLOUD, name)) {
        return fromPackage(name, CLOUD[name], named);
      }
      warnOfValue('OTEL_NODE_RESOURCE_DETECTORS', name, 'is not a known resource detector: left out');
      return [];
  }
}

function fromPackage(
  name: string,
  source: { packageName: string; exports: string[] },
  named: boolean,
): ResourceDetector[] {
  let found: Record<string, ResourceDetector | undefined> | undefined;
  try {
    found = requireFromApp(source.packageName);
  } catch (error) {
    diag.warn(`resource detector ${name}: ${source.packageName} cannot be loaded: left out`, error);
    return [];
  }
  if (found === undefined && named) {
    const remedy = `needs the package ${source.packageName}, which is not installed: left out`;
    warnOfValue('OTEL_NODE_RESOURCE_DETECTORS', name, remedy);
  }
  return source.exports.flatMap((key) => found?.[key] ?? []);
}

function resources(): typeof Resources {
  return require('@opentelemetry/resources') as typeof Resources;
}
