class PagesController < ApplicationController
  def home = render(plain: "hello from a library")
  def greeting = render(plain: I18n.t(:hello, locale: params[:locale]))
  def broken = raise("broken on purpose")
  def time = render(plain: Time.at(1_700_000_000).in_time_zone("Tokyo").iso8601)
  def cached = render(plain: Rails.cache.fetch("a") { "kept" })
  def export = send_data({ a: [1] }.to_xml, type: :xml)
end
