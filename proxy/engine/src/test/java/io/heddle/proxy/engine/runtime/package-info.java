/** Tests of the runtime. */
@NullMarked
package io.heddle.proxy.engine.runtime;

import org.jspecify.annotations.NullMarked;
