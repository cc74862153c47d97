/**
 * Files that are read again when they are replaced.
 *
 * <p>Start at {@link io.heddle.proxy.app.files.FileWatcher}.
 *
 * <ul>
 *   <li><b>Threads:</b> one, on which whoever watches is told.
 *   <li><b>Invariant:</b> a file that was replaced is told at least once after the last change.
 *   <li><b>Out of scope:</b> what the files hold.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.files;

import org.jspecify.annotations.NullMarked;
