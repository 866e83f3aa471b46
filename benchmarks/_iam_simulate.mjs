// iam-simulate asked the same question: {"documents": {name: document}, "request": {…}} in, {name: microseconds} out.
// The package is AGPL-3.0: it runs in this process of its own, for the comparison only, and is no part of the project.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { runSimulation } = createRequire(process.argv[2] + '/')('@cloud-copilot/iam-simulate')
const { documents, request } = JSON.parse(readFileSync(0, 'utf8'))
const figures = {}

for (const [name, policy] of Object.entries(documents)) {
  const simulation = {
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: request.context,
    },
    identityPolicies: [{ name: 'p', policy }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  const once = () => runSimulation(simulation, {})
  const answer = await once()
  if (answer.overallResult !== 'Allowed') throw new Error(`${name}: ${JSON.stringify(answer)}`)
  for (let number = 0; number < 50; number++) await once()
  let best = Infinity
  for (let round = 0; round < 60; round++) {
    const started = process.hrtime.bigint()
    for (let number = 0; number < 5; number++) await once()
    best = Math.min(best, Number(process.hrtime.bigint() - started) / 5 / 1000)
  }
  figures[name] = best
}
process.stdout.write(JSON.stringify(figures))
