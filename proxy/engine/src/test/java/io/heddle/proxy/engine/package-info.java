/** Tests of the engine over sockets. */
@NullMarked
package io.heddle.proxy.engine;

import org.jspecify.annotations.NullMarked;
