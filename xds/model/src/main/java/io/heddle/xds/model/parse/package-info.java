/**
 * Reads Envoy v3 protos, YAML and JSON into the records of {@code io.heddle.xds.model}.
 *
 * <p>Start at {@link ResourceParser} for what comes by xDS and at {@link BootstrapParser} for the
 * file that a proxy starts with. {@code supported-fields.txt} says of every field of every message
 * that is read whether it is honoured ({@code +}), accepted without effect ({@code ~}) or refused
 * ({@code -}).
 *
 * <ul>
 *   <li><b>Threads:</b> parsers are immutable and may be shared.
 *   <li><b>Invariant:</b> no input throws; what is not understood is refused with its path.
 *   <li><b>Out of scope:</b> the configuration of extensions, which their factories read.
 * </ul>
 */
@NullMarked
package io.heddle.xds.model.parse;

import org.jspecify.annotations.NullMarked;
