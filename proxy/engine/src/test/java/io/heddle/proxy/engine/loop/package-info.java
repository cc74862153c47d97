/** Tests of what belongs to one event loop. */
@NullMarked
package io.heddle.proxy.engine.loop;

import org.jspecify.annotations.NullMarked;
