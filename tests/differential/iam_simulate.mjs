// One simulation a line in, one result a line out: {"result": "Allowed" | "ExplicitlyDenied" | ...} or {"errors": ...}.
// The package is AGPL-3.0: it runs in this process of its own, for tests only, and is no part of the project.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'

const { runSimulation } = createRequire(process.argv[2] + '/')('@cloud-copilot/iam-simulate')

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    const outcome = await runSimulation(JSON.parse(line), {})
    answer = outcome.resultType === 'error' ? { errors: outcome.errors } : { result: outcome.overallResult }
  } catch (error) {
    answer = { errors: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
