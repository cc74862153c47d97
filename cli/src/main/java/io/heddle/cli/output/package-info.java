/**
 * How the command speaks: tables, JSON, YAML, findings.
 *
 * <p>Start at {@link Terminal}; {@link Finding} lists every code that the command itself reports.
 *
 * <ul>
 *   <li><b>Threads:</b> none of its own.
 *   <li><b>Invariant:</b> a table has NAME first and AGE last; a finding has code, cause and mend.
 *   <li><b>Out of scope:</b> the findings that the control plane reports about documents.
 * </ul>
 */
@NullMarked
package io.heddle.cli.output;

import org.jspecify.annotations.NullMarked;
