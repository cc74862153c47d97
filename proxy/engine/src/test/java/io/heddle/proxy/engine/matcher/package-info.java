/** Tests of decision trees. */
@NullMarked
package io.heddle.proxy.engine.matcher;

import org.jspecify.annotations.NullMarked;
