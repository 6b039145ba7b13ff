# frozen_string_literal: true

require "i18n"

# Says hello in the visitor's language.
class Guestbook::Greetings
  def call(locale)
    I18n.load_path = Dir[File.expand_path("../data/locales/*.yml", __dir__)]
    I18n.t("hello", locale: locale)
  end
end
