/**
 * Reads objects from YAML and JSON documents, and writes them back.
 *
 * <p>Start at {@link ObjectParser}; {@link ObjectWriter} is its inverse. Text becomes a tree of
 * {@link SourceNode}s that know their lines; one reader a kind turns the tree into a typed spec.
 *
 * <ul>
 *   <li><b>Threads:</b> everything public is stateless or immutable.
 *   <li><b>Invariant:</b> an object comes out only when its whole document was understood: a field
 *       that is unknown, not supported yet or out of range is an error that names it, and all
 *       errors of all documents are reported together.
 *   <li><b>Out of scope:</b> whether the objects that a field refers to exist.
 * </ul>
 */
@NullMarked
package io.heddle.control.api.document;

import org.jspecify.annotations.NullMarked;
