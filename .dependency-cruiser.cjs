/** Which file of src may import which: the rings and rooms of ARCHITECTURE.md. Type imports count, unless a rule says so. */

const besideNoTests = require('./besideNoTests.cjs');

/** `@jest/globals` is none: jest-runtime makes that one for each test file. */
const JESTS_CODE = '(^|/)node_modules/(@jest/(?!globals/)|jest[-/])';
const values = {dependencyTypesNot: ['type-only']};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'files that import each other cannot be read one after the other',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'core-does-no-io',
      comment: 'core is pure: time, files and the environment come in as arguments',
      severity: 'error',
      from: {path: '^src/core/'},
      to: {dependencyTypes: ['core']},
    },
    {
      name: 'core-knows-no-process',
      comment: 'core decides; the other rings carry out',
      severity: 'error',
      from: {path: '^src/core/'},
      to: {path: '^src/(?!core/)'},
    },
    {
      name: 'the-running-jest',
      comment: "Jest's code comes from the Jest that called us (run/jest), never from an import; types may be imported",
      severity: 'error',
      from: {path: '^src/'},
      to: {path: JESTS_CODE, ...values},
    },
    {
      name: 'one-door-to-the-scheduler',
      comment: 'what the scheduler offers is in core/schedule/index.ts',
      severity: 'error',
      from: {path: '^src/(?!core/schedule/)'},
      to: {path: '^src/core/schedule/(?!index\\.ts$)'},
    },
    {
      name: 'only-dispatch-runs-the-scheduler',
      comment: 'one loop feeds the scheduler, and src/analysis replays it; the rest may know its types',
      severity: 'error',
      from: {path: '^src/(?!core/|analysis/|run/(dispatch|parallelRun)\\.ts$)'},
      to: {path: '^src/core/schedule/', ...values},
    },
    {
      name: 'analysis-does-no-io',
      comment: 'what a recording says is computed from its lines alone',
      severity: 'error',
      from: {path: '^src/analysis/'},
      to: {dependencyTypes: ['core']},
    },
    {
      name: 'analysis-knows-recordings',
      comment: 'it replays the schedule of a recording',
      severity: 'error',
      from: {path: '^src/analysis/'},
      to: {path: '^src/(?!analysis/|core/|recording/(lines|json)\\.ts$)'},
    },
    {
      name: 'a-recording-knows-no-run',
      comment: 'programs of others read recordings',
      severity: 'error',
      from: {path: '^src/recording/'},
      to: {path: '^src/(?!recording/|core/)'},
    },
    {
      name: 'no-run-needs-the-command-line',
      severity: 'error',
      from: {path: '^src/(?!cli/)'},
      to: {path: '^src/cli/'},
    },
    {
      name: 'a-run-analyses-nothing',
      comment: 'but for the advice at the end of a long run',
      severity: 'error',
      from: {
        path: '^src/(core|run|worker|fixtures|realm|stock|pristine|recording)/|^src/index',
        pathNot: '^src/run/endAdvice\\.ts$',
      },
      to: {path: '^src/analysis/'},
    },
    {
      name: 'a-report-is-of-a-recording',
      comment: 'a report shows recordings; its reporter asks the run where the recording is',
      severity: 'error',
      from: {path: '^src/report/'},
      to: {path: '^src/(?!report/|analysis/|core/|recording/|run/recording/latestRecording\\.ts$)'},
    },
    {
      name: 'a-shard-is-decided-before-its-run',
      comment:
        'the sequencer tells the run which shard it is (run/shard/currentShard), and the command line starts both. ' +
        'A fleet weighs files as shards do',
      severity: 'error',
      from: {path: '^src/(?!shard/|cli/)', pathNot: '^src/fleet/ownFiles\\.ts$'},
      to: {path: '^src/shard/'},
    },
    {
      name: 'no-run-needs-a-report',
      severity: 'error',
      from: {path: '^src/(?!report/|cli/)'},
      to: {path: '^src/report/'},
    },
    {
      name: 'a-page-stands-alone',
      comment: 'its script runs in a browser: it knows the types of its data',
      severity: 'error',
      from: {path: '^src/report/page/'},
      to: {pathNot: '^src/report/page/', ...values},
    },
    {
      name: 'nothing-runs-the-page',
      comment: 'the page is compiled for browsers, and embedded as a text',
      severity: 'error',
      from: {path: '^src/(?!report/page/)'},
      to: {path: '^src/report/page/'},
    },
    {
      name: 'a-worker-knows-the-wire',
      comment: 'a worker knows wire messages and units; what is decided, the parent decides',
      severity: 'error',
      from: {path: '^src/worker/'},
      to: {
        path: '^src/(run|fixtures|stock)/|^src/index|^src/core/(?!wire/|jest/|plan/units\\.ts$|results/snapshotUse\\.ts$)|^src/realm/(?!handover\\.ts$)',
      },
    },
    {
      name: 'beside-tests-take-what-is-pristine',
      comment:
        'test files share these modules, and may mock them: src/pristine has their functions as they were at load',
      severity: 'error',
      from: {
        path: '^src/worker/',
        pathNot: besideNoTests.map(path => `^${path.replaceAll('.', '\\.')}$`),
      },
      to: {dependencyTypes: ['core'], path: '^(node:)?(crypto|fs|path|perf_hooks|timers)$', ...values},
    },
    {
      name: 'pristine-knows-nothing-of-ours',
      comment: 'what is as Node made it knows nothing of ours',
      severity: 'error',
      from: {path: '^src/pristine/'},
      to: {path: '^src/(?!pristine/)'},
    },
    {
      name: 'the-compile-cache-knows-no-run',
      comment: 'the compile cache knows its order and how jest-runtime loads modules',
      severity: 'error',
      from: {path: '^src/worker/compile/'},
      to: {path: '^src/worker/(?!compile/)|^src/core/(?!wire/workerMessages\\.ts$)|^src/realm/'},
    },
    {
      name: 'two-doors-to-the-compile-cache',
      comment: 'the cache of a process, and what is kept of its code; jestsPackages is no part of either',
      severity: 'error',
      from: {path: '^src/(?!worker/compile/)'},
      to: {path: '^src/worker/compile/(?!(compileCache|keptCode|jestsPackages)\\.ts$)'},
    },
    {
      name: 'few-doors-to-what-starts-ahead',
      comment:
        'workers that start ahead of a run have one door in their process, one in the parent, and a rule beside each',
      severity: 'error',
      from: {path: '^src/(?!(run/workers|worker)/ahead/)'},
      to: {
        path: '^src/worker/ahead/(?!(ahead|aheadModules)\\.ts$)|^src/run/workers/ahead/(?!(aheadWorkers|mayStartAhead)\\.ts$)',
      },
    },
    {
      name: 'leaks-know-no-run',
      comment: 'what a run has changed in the process is found without knowing of runs',
      severity: 'error',
      from: {path: '^src/worker/leaks/'},
      to: {path: '^src/(?!worker/leaks/|pristine/)'},
    },
    {
      name: 'fixture-processes-know-the-wire',
      comment: "fixtures' processes know wire messages and the texts of failures",
      severity: 'error',
      from: {path: '^src/fixtures/'},
      to: {
        path: '^src/(run|worker|realm|stock)/|^src/index|^src/core/(?!wire/|texts/(fixtureFailures|timeSpan)\\.ts$|plan/(constraints|units)\\.ts$)',
      },
    },
    {
      name: 'a-realm-imports-types-alone',
      comment: 'in the realm of a test file any module may be a mock, node:path too',
      severity: 'error',
      from: {path: '^src/realm/'},
      to: {pathNot: '^src/realm/|(^|/)node_modules/@jest/globals/', ...values},
    },
    {
      name: 'what-runs-in-a-realm-runs-there-alone',
      comment: 'other rings may know its types',
      severity: 'error',
      from: {path: '^src/(run|stock|fixtures|core)/|^src/index'},
      to: {path: '^src/realm/', ...values},
    },
    {
      name: 'the-parent-talks-over-the-wire',
      comment:
        "the parent talks to workers and to fixtures' processes through wire messages; in band it is the worker itself",
      severity: 'error',
      from: {path: '^src/(run/(?!inBand\\.ts$)|index)'},
      to: {path: '^src/(worker|fixtures|stock)/'},
    },
    {
      name: 'in-band-hosts-no-fixtures',
      severity: 'error',
      from: {path: '^src/run/inBand\\.ts$'},
      to: {path: '^src/(fixtures|stock)/'},
    },
    {
      name: 'a-replay-runs-nothing',
      comment:
        'a replaying run tells Jest what is recorded, and merges results: it knows the running Jest, and no test',
      severity: 'error',
      from: {path: '^src/replay/'},
      to: {
        path: '^src/(?!replay/|recording/|core/(results|texts)/|run/(jest/|(exitCode|warn|files/(reporterErrors|mergeTools))\\.ts$))',
      },
    },
    {
      name: 'replays-start-from-the-command-line',
      severity: 'error',
      from: {path: '^src/(?!replay/|cli/|fleet/results/)'},
      to: {path: '^src/replay/'},
    },
    {
      name: 'one-door-to-the-fleet',
      comment: 'a run does not know that it is one of many; only the runner decides that',
      severity: 'error',
      from: {path: '^src/(?!fleet/)', pathNot: '^src/run/jestRunner\\.ts$'},
      to: {path: '^src/fleet/', pathNot: '^src/fleet/status\\.ts$'},
    },
    {
      name: 'only-a-command-asks-for-the-fleet',
      comment: 'the command "fleet status" looks at a run from outside',
      severity: 'error',
      from: {path: '^src/(?!fleet/|cli/fleet\\.ts$)'},
      to: {path: '^src/fleet/status\\.ts$'},
    },
    {
      name: 'the-engine-is-one-folder',
      comment: 'another engine needs another folder like it, and no change elsewhere',
      severity: 'error',
      from: {path: '^src/(?!fleet/engine/)'},
      to: {path: '^(bullmq|ioredis)$|(^|/)node_modules/(bullmq|ioredis)/'},
    },
    {
      name: 'results-know-no-engine',
      comment: 'what a result says does not depend on how it travels, nor on how the run went',
      severity: 'error',
      from: {path: '^src/fleet/results/'},
      to: {path: '^src/(?!fleet/results/|core/|recording/|replay/|run/files/reports\\.ts$)'},
    },
    {
      name: 'a-fleet-merges-as-a-replay-does',
      comment: 'parts of a file become one result in the same way; no recording is read',
      severity: 'error',
      from: {path: '^src/fleet/'},
      to: {path: '^src/replay/(?!(fileVerdict|mergeParts|recordedEvents|sharedFiles)\\.ts$)'},
    },
    {
      name: 'the-live-view-looks-on',
      comment: 'a reporter hears of the run through one module, and decides nothing in it',
      severity: 'error',
      from: {path: '^src/live/'},
      to: {
        path: '^src/(?!live/|core/|run/((liveRun|scheduleLog|warn|jest/runningJest|workers/status)\\.ts$))',
      },
    },
    {
      name: 'no-run-knows-the-live-view',
      severity: 'error',
      from: {path: '^src/(?!live/)'},
      to: {path: '^src/live/'},
    },
    {
      name: 'one-folder-knows-the-engine',
      comment: "a fleet's queue is an interface; what implements it is behind connect.ts",
      severity: 'error',
      from: {path: '^src/(?!fleet/engine/)'},
      to: {path: '(^|/)node_modules/(bullmq|ioredis)/|^src/fleet/engine/(?!(connect|engine)\\.ts$)'},
    },
    {
      name: 'stock-uses-no-run',
      comment: "under Jest's own runner there is no run of ours",
      severity: 'error',
      from: {path: '^src/stock/'},
      to: {
        path: '^src/worker/|^src/index|^src/fixtures/(?!line\\.ts$)|^src/run/(dispatch|run|parallelRun|inBand|jestRunner)\\.ts$|^src/run/workers/(workerHost|workerServer)\\.ts$',
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    doNotFollow: {path: 'node_modules'},
  },
};
