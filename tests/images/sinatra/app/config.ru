# frozen_string_literal: true

require_relative "guestbook"

use Rack.const_get(ENV.fetch("COMPRESSION", "Deflater"))
run Guestbook
