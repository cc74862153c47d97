/**
 * Experiments: a fault is planted in a small mesh under a steady load, without and with governance,
 * and both are measured and judged alike.
 *
 * <p>Start at {@link Experiment}, which runs a {@link Scenario} on an {@link ExperimentMesh};
 * {@link LoadGenerator} makes the requests, {@link Series} keeps what became of them, {@link
 * Report} and its writers tell it.
 *
 * <ul>
 *   <li><b>Threads:</b> one makes the load, one plants the faults, a virtual one waits for each
 *       request; a {@link Series} is guarded by itself.
 *   <li><b>Invariant:</b> requests come at their own times, however slowly earlier ones are
 *       answered, and a request's time counts from when it was due.
 *   <li><b>Out of scope:</b> what the mesh can do at most, which the benchmarks measure.
 * </ul>
 */
@NullMarked
package io.heddle.cli.experiment;

import org.jspecify.annotations.NullMarked;
