/** Tests of statistics. */
@NullMarked
package io.heddle.proxy.engine.stats;

import org.jspecify.annotations.NullMarked;
