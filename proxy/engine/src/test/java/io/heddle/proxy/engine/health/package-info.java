/** Tests of what decides which hosts are well, with time that tests move. */
@NullMarked
package io.heddle.proxy.engine.health;

import org.jspecify.annotations.NullMarked;
