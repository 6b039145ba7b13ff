require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "action_mailer/railtie"
require "active_job/railtie"

module Library
  class Application < Rails::Application
    config.load_defaults 6.1
    config.secret_key_base = "0" * 64
    config.hosts.clear
    config.logger = ActiveSupport::Logger.new($stdout)
    config.i18n.available_locales = %i[en de]
    config.cache_store = ENV.fetch("CACHE", "memory").to_sym == :file ? [:file_store, "/tmp/cache"] : :memory_store
    config.action_mailer.delivery_method = :file
    config.action_mailer.file_settings = { location: "/tmp/mails" }
  end
end
